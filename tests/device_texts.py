"""A small profile for every update model, as YAML text."""

from __future__ import annotations

WINDOW = "{min: 1 uS, max: 10 uS}"

# Model -> (update section without the model's name, window).
MODELS = {
    "constant": ("pulses: 100", WINDOW),
    "linear": ("pulses: 100, asymmetry: 0.1, slope: {set: 0.3, reset: 0.6}", WINDOW),
    "soft-bounds": ("pulses: 100, asymmetry: 0.1", WINDOW),
    "exponential": (
        "pulses: 100, amplitude: {set: -1.18445, reset: -0.081404}, gamma: {set: 5, reset: 5}, a: -0.5, b: -0.5",
        WINDOW,
    ),
    "power": ("pulses: 100, exponent: {set: 1.5, reset: 0.5}", WINDOW),
    "neurosim": ("pulses: 100, nonlinearity: {set: 2.4, reset: -4.88}", WINDOW),
    "power-law": ("limit: 200 Ohm, amplitude: 230 MOhm, exponent: -0.146", "{min: 5 nS, max: 10 nS}"),
    "table": (
        "table: {set: [{conductance: 1 uS, step: 200 nS, sigma: 50 nS}, {conductance: 10 uS, step: 20 nS, "
        "sigma: 20 nS}], reset: [{conductance: 1 uS, step: -20 nS}, {conductance: 4 uS, step: -50 nS, sigma: 30 nS}, "
        "{conductance: 10 uS, step: -100 nS}]}",
        WINDOW,
    ),
    "binary": ("probability: {set: 30 %, reset: 60 %}", "{min: 124 uS, max: 286 uS}"),
    "pcm": (
        "step: 0.01, weights: {min: 0, max: 2}, amplitude: -27.235, gamma: 2.5, a: -1",
        "{min: 0.1 uS, max: 25 uS}",
    ),
    "landing": (
        "threshold: {set: 1 V, reset: 0.5 V}, set: {voltage: 2.5 V, width: 100 ns, voltage_scale: 0.25 V}, "
        "reset: {voltage: -2.5 V, width: 100 ns, voltage_scale: 0.5 V}",
        "{min: 1 uS, max: 10 uS}",
    ),
    "vteam": (
        "speed: {off: 0.1 mm/s, on: -0.1 mm/s}, threshold: {off: 0.7 V, on: -0.5 V}, power: {off: 3, on: 2}, "
        "width: {off: 3 nm}, resistance: {on: 100 kOhm, off: 1 MOhm}, set: {voltage: -1 V, width: 200 ns}, "
        "reset: {voltage: 1.4 V, width: 200 ns}",
        WINDOW,
    ),
    "yakopcic": (
        "a1: 0.37 uA, a2: 0.435 uA, b: 0.7, ap: 0.005, an: 0.08, vp: 1.5 V, vn: 0.5 V, xp: 0.2, xn: 0.5, alphap: 1.2, "
        "alphan: 3, set: {voltage: 3 V, width: 100 ms}, reset: {voltage: -2 V, width: 20 ms}",
        "{min: 20 nS, max: 250 nS}",
    ),
    "ion-drift": (
        "mobility: 1e-14 m^2/Vs, thickness: 10 nm, resistance: {on: 100 Ohm, off: 16 kOhm}, "
        "window: {kind: joglekar}, set: {voltage: 1 V, width: 5 ms}, reset: {voltage: -1 V, width: 5 ms}",
        "{min: 100 uS, max: 5 mS}",
    ),
}


def device_text(model: str, more: str = "", update: str | None = None, window: str | None = None) -> str:
    """Profile of a model; `more` adds sections, `update` replaces the numbers of the model."""
    numbers, its_window = MODELS.get(model, ("", WINDOW))
    return (
        f"name: {model}\ntitle: t\ntechnology: t\nstatus: assumed\nconductance: {window or its_window}\n"
        f"update: {{model: {model}, {numbers if update is None else update}}}\n"
        f"read: {{voltage: 0.5 V, duration: 5 ns}}\n{more}\n"
    )
