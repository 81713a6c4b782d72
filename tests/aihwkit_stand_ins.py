"""Classes with the names, fields and usual values of aihwkit 1.2, for machines without aihwkit.

Source: IBM aihwkit 1.2 (MIT licence), `simulator/configs`, `simulator/parameters`, `simulator/presets` and `inference`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

NoiseManagementType = Enum("NoiseManagementType", "NONE ABS_MAX MAX CONSTANT")
BoundManagementType = Enum("BoundManagementType", "NONE ITERATIVE SHIFT")
WeightNoiseType = Enum("WeightNoiseType", "NONE ADDITIVE_CONSTANT PCM_READ")
WeightModifierType = Enum("WeightModifierType", "COPY ADD_NORMAL MULT_NORMAL POLY")
WeightClipType = Enum("WeightClipType", "NONE FIXED_VALUE LAYER_GAUSSIAN AVERAGE_CHANNEL_MAX")
AnalogMVType = Enum("AnalogMVType", "IDEAL ONE_PASS BIT_WISE")


@dataclass
class DriftParameter:
    nu: float = 0.0
    t_0: float = 1.0
    nu_k: float = 0.0


@dataclass
class PulsedDevice:
    construction_seed: int = 0
    corrupt_devices_prob: float = 0.0
    corrupt_devices_range: float = 0.1
    diffusion: float = 0.0
    diffusion_dtod: float = 0.0
    drift: DriftParameter = field(default_factory=DriftParameter)
    dw_min: float = 0.001
    dw_min_dtod: float = 0.3
    dw_min_dtod_log_normal: bool = False
    dw_min_std: float = 0.3
    enforce_consistency: bool = True
    lifetime: float = 0.0
    lifetime_dtod: float = 0.0
    perfect_bias: bool = False
    reset_std: float = 0.01
    up_down: float = 0.0
    up_down_dtod: float = 0.01
    w_max: float = 0.6
    w_max_dtod: float = 0.3
    w_min: float = -0.6
    w_min_dtod: float = 0.3


@dataclass
class ConstantStepDevice(PulsedDevice):
    pass


@dataclass
class LinearStepDevice(PulsedDevice):
    gamma_up: float = 0.0
    gamma_down: float = 0.0
    gamma_up_dtod: float = 0.05
    gamma_down_dtod: float = 0.05
    allow_increasing: bool = False
    mean_bound_reference: bool = True
    mult_noise: bool = True
    write_noise_std: float = 0.0
    reverse_up: bool = False
    reverse_down: bool = False
    reverse_offset: float = 0.01


@dataclass
class SoftBoundsDevice(PulsedDevice):
    mult_noise: bool = True
    write_noise_std: float = 0.0
    reverse_up: bool = False
    reverse_down: bool = False


@dataclass
class SoftBoundsPmaxDevice(SoftBoundsDevice):
    p_max: int = 1000


@dataclass
class SoftBoundsReferenceDevice(PulsedDevice):
    mult_noise: bool = False
    write_noise_std: float = 0.0
    slope_up_dtod: float = 0.0
    slope_down_dtod: float = 0.0
    reference_mean: float = 0.0
    reference_std: float = 0.0
    subtract_symmetry_point: bool = False


@dataclass
class ExpStepDevice(PulsedDevice):
    A_up: float = 0.00081
    A_down: float = 0.36833
    gamma_up: float = 12.44625
    gamma_down: float = 12.78785
    a: float = 0.244
    b: float = 0.2425
    dw_min_std_add: float = 0.0
    dw_min_std_slope: float = 0.0
    write_noise_std: float = 0.0


@dataclass
class PowStepDevice(PulsedDevice):
    pow_gamma: float = 1.0
    pow_gamma_dtod: float = 0.1
    pow_up_down: float = 0.0
    pow_up_down_dtod: float = 0.0
    write_noise_std: float = 0.0


@dataclass
class PiecewiseStepDevice(PulsedDevice):
    pass


class SinglePairConductanceConverter:
    def __init__(self, g_max: float = 25.0, g_min: float = 0.0) -> None:
        self.g_max, self.g_min, self.scale_ratio = g_max, g_min, None


class SingleDeviceConductanceConverter(SinglePairConductanceConverter):
    pass


class NPairConductanceConverter(SinglePairConductanceConverter):
    pass


class PCMLikeNoiseModel:
    def __init__(self, g_max: float = 25.0, g_min: float = 0.0, **scales: Any) -> None:
        self.g_converter = SinglePairConductanceConverter(g_max, g_min)
        self.g_max = g_max
        self.prog_coeff, self.prog_coeff_g_max_reference = [0.26348, 1.9650, -1.1731], 25.0
        self.t_0, self.t_read = 20.0, 250.0e-9
        self.prog_noise_scale = self.read_noise_scale = self.drift_scale = 1.0
        self.__dict__ |= scales


class CustomDriftPCMLikeNoiseModel(PCMLikeNoiseModel):
    pass


class StateIndependentNoiseModel:
    def __init__(self) -> None:
        self.g_converter, self.g_max = SinglePairConductanceConverter(), 25.0
        self.prog_coeff, self.t_0, self.t_read = [0.2, 0.0, 0.0], 20.0, 250.0e-9
        self.prog_noise_scale = self.read_noise_scale = self.drift_scale = 1.0
        self.drift_nu_mean, self.drift_nu_std = 0.1, 0.05


class ReRamWan2022NoiseModel:
    def __init__(self, g_max: float = 40.0) -> None:
        self.g_converter, self.g_max = SinglePairConductanceConverter(g_max), g_max
        self.noise_scale, self.coeff_g_max_reference = 1.0, g_max


class ReRamCMONoiseModel:
    def __init__(self, acceptance_range: float = 0.2) -> None:
        self.g_converter = SingleDeviceConductanceConverter(88.199997, 9.0)
        self.g_max, self.g_min, self.acceptance_range = 88.199997, 9.0, acceptance_range


class HermesNoiseModel:
    def __init__(self, num_devices: int = 1) -> None:
        self.g_max = 10.35 * num_devices
        self.g_converter = SinglePairConductanceConverter(self.g_max)
        self.num_devices, self.t_0 = num_devices, 100.0 + 100.0 * num_devices


class GlobalDriftCompensation:
    pass


class GlobalDriftCompensationWithExactReference(GlobalDriftCompensation):
    pass


class PerColumnDriftCompensation:
    pass


@dataclass
class IOParameters:
    is_perfect: bool = False
    mv_type: AnalogMVType = AnalogMVType.ONE_PASS
    inp_bound: float = 1.0
    inp_noise: float = 0.0
    inp_res: float = 1 / (2**7 - 2)
    out_bound: float = 12.0
    out_noise: float = 0.06
    out_res: float = 1 / (2**9 - 2)
    bound_management: BoundManagementType = BoundManagementType.ITERATIVE
    noise_management: NoiseManagementType = NoiseManagementType.ABS_MAX
    w_noise: float = 0.0
    w_noise_type: WeightNoiseType = WeightNoiseType.NONE
    ir_drop: float = 0.0
    nm_thres: float = 0.0
    max_bm_factor: int = 1000


@dataclass
class MappingParameter:
    digital_bias: bool = True
    weight_scaling_omega: float = 0.0
    weight_scaling_columnwise: bool = False
    weight_scaling_lr_compensation: bool = False
    learn_out_scaling: bool = False
    out_scaling_columnwise: bool = False
    max_input_size: int = 512
    max_output_size: int = 512


@dataclass
class WeightModifierParameter:
    type: WeightModifierType = WeightModifierType.COPY
    std_dev: float = 0.0
    pdrop: float = 0.0
    rel_to_actual_wmax: bool = True
    enable_during_test: bool = False
    per_batch_sample: bool = False


@dataclass
class WeightClipParameter:
    type: WeightClipType = WeightClipType.NONE
    fixed_value: float = -1.0
    sigma: float = 2.5


@dataclass
class InputRangeParameter:
    enable: bool = False
    learn_input_range: bool = True
    decay: float = 0.001
    manage_output_clipping: bool = False


@dataclass
class PrePostProcessingParameter:
    input_range: InputRangeParameter = field(default_factory=InputRangeParameter)


@dataclass
class UpdateParameters:
    desired_bl: int = 31


@dataclass
class FloatingPointRPUConfig:
    mapping: MappingParameter = field(default_factory=MappingParameter)
    pre_post: PrePostProcessingParameter = field(default_factory=PrePostProcessingParameter)


@dataclass
class SingleRPUConfig(FloatingPointRPUConfig):
    forward: IOParameters = field(default_factory=IOParameters)
    backward: IOParameters = field(default_factory=IOParameters)
    update: UpdateParameters = field(default_factory=UpdateParameters)
    device: Any = field(default_factory=ConstantStepDevice)


# Derived in aihwkit from a common class, not from SingleRPUConfig; the nearest known name counts here.
@dataclass
class InferenceRPUConfig:
    mapping: MappingParameter = field(default_factory=MappingParameter)
    pre_post: PrePostProcessingParameter = field(default_factory=PrePostProcessingParameter)
    forward: IOParameters = field(default_factory=IOParameters)
    backward: IOParameters = field(default_factory=IOParameters)
    update: UpdateParameters = field(default_factory=UpdateParameters)
    noise_model: Any = field(default_factory=PCMLikeNoiseModel)
    drift_compensation: Any = field(default_factory=GlobalDriftCompensation)
    clip: WeightClipParameter = field(default_factory=WeightClipParameter)
    modifier: WeightModifierParameter = field(default_factory=WeightModifierParameter)


@dataclass
class UnitCellRPUConfig(SingleRPUConfig):
    pass


def static_config(**scales: Any) -> InferenceRPUConfig:
    """A configuration all of whose fields have an equivalent: fixed input ranges, weights scaled to 1."""
    config = InferenceRPUConfig(noise_model=PCMLikeNoiseModel(**scales))
    config.forward.noise_management = NoiseManagementType.NONE
    config.forward.bound_management = BoundManagementType.NONE
    config.mapping.weight_scaling_omega = 1.0
    config.pre_post.input_range = InputRangeParameter(enable=True, learn_input_range=False)
    return config
