"""Images to store and read: synthetic road scenes, local pictures, LiDAR frames and arrays."""
