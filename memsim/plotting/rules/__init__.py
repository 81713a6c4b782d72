"""Rules that all figures follow: limits of axes, colours of maps, panels without content, and names of devices.

- `limits`: everything that is drawn lies inside the axes; panels that are compared share their limits.
- `colours`: a few outliers do not stretch the colours of a map; the colour bar states the share that is clipped.
- `content`: a panel without a finite number is left out, and the page says why.
- `devices`: a legend, a row or a title names the device.
"""
