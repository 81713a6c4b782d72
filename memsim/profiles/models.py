"""All models that a profile can choose: what each one is, its equation and source, and the keys that it has.

The schema classes hold the keys with their meanings; update models carry equation and source with their physics in
`memsim.cells`, and the table here holds those of everything else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel

from memsim.document.walk import choices_of
from memsim.errors import InputError
from memsim.profiles import endurance, physics
from memsim.profiles.schema import CycleToCycle, DeviceToDevice, WriteNoise
from memsim.profiles.updates import UPDATES
from memsim.storage.library import similar

Kind = Literal["update", "noise", "retention", "programming", "conduction", "endurance", "faults"]
KINDS: dict[Kind, str] = {
    "update": "how pulses change the state",
    "noise": "what varies from pulse to pulse, cell to cell and read to read",
    "retention": "what time does to the state",
    "programming": "error of cells that are programmed once",
    "conduction": "current against voltage where it is not ohmic",
    "endurance": "what cycles do to cells",
    "faults": "cells that never change",
}

_OWN = ("dw = f(w, direction, parameters): the function that you register", "yours")
_JOSHI = "Joshi et al., Nat. Commun. 11, 2473 (2020), doi:10.1038/s41467-020-16108-9"


@dataclass(frozen=True)
class Model:
    """One model.

    Attributes
    ----------
    kind : str
        One of `KINDS`.
    name : str
        What a profile calls it, or, of noise, a name for people.
    section : str
        Where it stands in a profile.
    schema : type
        The class with its keys.
    equation, source : str
        For people; the source is empty where the model is an assumption.
    """

    kind: Kind
    name: str
    section: str
    schema: type[BaseModel]
    equation: str
    source: str = ""

    @property
    def chosen(self) -> bool:
        """Whether a profile chooses it by `model`."""
        return "model" in self.schema.model_fields

    @property
    def summary(self) -> str:
        """What it is, in a line."""
        return (self.schema.__doc__ or "").partition("\n")[0]

    @property
    def explanation(self) -> str:
        """What else there is to say, in one paragraph; may be empty."""
        return " ".join((self.schema.__doc__ or "").partition("\n")[2].split())


def models() -> list[Model]:
    """Every model, update models first."""
    from memsim.cells import MODELS  # imports Numba

    updates = []
    for schema in UPDATES:
        for name in choices_of(schema.model_fields["model"].annotation):
            known = MODELS.get(name)
            told = (known.equation, known.source) if known is not None else _OWN
            updates.append(Model("update", name, "update", schema, *told))
    return [*updates, *_OTHERS]


def find_models(name: str) -> list[Model]:
    """The models of a name; more than one kind can have it.

    Raises
    ------
    InputError
        There is none.
    """
    known = models()
    found = [model for model in known if name in (model.name, f"{model.kind}.{model.name}")]
    if not found:
        names = list(dict.fromkeys(model.name for model in known))
        raise InputError(f"unknown model '{name}'{similar(name, names)} ('memsim device models' shows all)")
    return found


_OTHERS: tuple[Model, ...] = (
    Model(
        "noise",
        "cycle-to-cycle",
        "variability.c2c",
        CycleToCycle,
        "each pulse adds a random change of mean 0 and sigma b, b the window, that pulse's own mean step (plus floor + "
        "slope w), or the nominal step; n pulses at once add one draw of sigma sqrt(n)",
        "Chen, Peng & Yu, IEEE TCAD 37, 3067 (2018), doi:10.1109/TCAD.2018.2789723; Rasch et al., AICAS 2021, "
        "arXiv:2104.02184; floor and slope: Nandakumar et al., Front. Neurosci. 14, 406 (2020), "
        "doi:10.3389/fnins.2020.00406",
    ),
    Model(
        "noise",
        "write-noise",
        "variability.write",
        WriteNoise,
        "w_read = w + N(0, sigma b) after every write; w itself goes on without it",
        "Rasch et al., AICAS 2021, arXiv:2104.02184",
    ),
    Model(
        "noise",
        "device-to-device",
        "variability.d2d.PARAMETER",
        DeviceToDevice,
        "p_cell = p + sigma b xi, xi drawn once a cell; lognormal: p e^(s xi - s^2/2), s^2 = ln(1 + sigma^2)",
        "Rasch et al., AICAS 2021, arXiv:2104.02184",
    ),
    Model(
        "noise",
        "pulse-to-pulse",
        "variability.per_pulse.PARAMETER",
        DeviceToDevice,
        "p_pulse = p + sigma b xi, xi drawn at every pulse of every cell; n pulses at once take "
        "p + sigma b xi/sqrt(n); what p does to the cell is taken to first order",
    ),
    Model("noise", "read-noise", "read.noise", physics.ReadNoise, "G_read = G + N(0, sigma b), new at every read"),
    Model(
        "noise",
        "telegraph",
        "read.telegraph",
        physics.Telegraph,
        "P(filled at t + dt | empty at t) = pi (1 - e^(-dt/tau)), pi = filled/(empty + filled), "
        "1/tau = 1/empty + 1/filled; a filled trap takes amplitude b off the conductance",
        "Machlup, J. Appl. Phys. 25, 341 (1954), doi:10.1063/1.1721637",
    ),
    Model(
        "noise",
        "flicker",
        "read.flicker",
        physics.Flicker,
        "variance sigma(G)^2 ln(slowest/fastest), spectrum sigma(G)^2/f; "
        "sigma(G) = min(sigma (G/G_max)^-exponent, limit) b or min(sigma curve(G), limit) b, G as it was programmed; "
        "onset at programming: variance sigma(G)^2 ln((t + fastest/2)/fastest), t = reference_time + time since",
        "Ambrogio et al., IEEE TED 62, 3812 (2015), doi:10.1109/TED.2015.2475598; Nandakumar et al., ICECS 2019",
    ),
    Model(
        "retention",
        "drift",
        "retention",
        physics.Drift,
        "G(t) = G (1 + t/t_ref)^-nu, nu = N(exponent, spread) once a cell",
        "Ielmini et al., IEEE TED 54, 308 (2007), doi:10.1109/TED.2006.888752",
    ),
    Model(
        "retention",
        "state-drift",
        "retention",
        physics.StateDrift,
        "G(t) = G (1 + t/t_ref)^-nu, nu = |N(m, s)| once a cell; with x = G_target/scale, m and s are each "
        "slope ln x + offset, kept between min and max, or sum_k c_k x^k from x = above.start on",
        f"Nandakumar et al., ICECS 2019; {_JOSHI}; piecewise: Le Gallo et al., Nat. Electron. 6, 680 (2023), "
        "doi:10.1038/s41928-023-01010-1, as fitted in aihwkit",
    ),
    Model(
        "retention",
        "leak",
        "retention",
        physics.Leak,
        "w(t) = rest + (w - rest) e^(-t/lifetime)",
        "Li et al., Symp. VLSI Technology 2018",
    ),
    Model(
        "retention",
        "relaxation",
        "retention",
        physics.Relaxation,
        "G(t) = G + N(shift ln(t/t_ref), spread + growth ln(t/t_ref)), on one path of each cell",
        "Falcone et al., arXiv:2502.04524; that increments over successive decades are independent is assumed",
    ),
    Model(
        "retention",
        "relaxation-table",
        "retention",
        physics.RelaxationTable,
        "G(t) = G + N(m, s) on one path of each cell; m and s^2 are linear in ln t between the times and in G_target "
        "between the levels of rows, and in proportion to t before the first time; lognormal near 0 S",
        "moments of a measurement; interpolation, independent increments between times and the shape near 0 S are "
        "assumed",
    ),
    Model(
        "programming",
        "polynomial",
        "programming",
        physics.PolynomialError,
        "G = G_target + N(0, sigma), sigma = max(sum_k c_k (G_target/scale)^k, 0)",
        f"{_JOSHI}; Wan et al., Nature 608, 504 (2022), doi:10.1038/s41586-022-04992-8",
    ),
    Model(
        "programming",
        "saturating",
        "programming",
        physics.SaturatingError,
        "I = I_target + N(0, sigma (1 - e^(-I_target/scale))), currents at the read voltage",
        "Agrawal et al., IEDM 2022",
    ),
    Model(
        "conduction",
        "sinh",
        "conduction",
        physics.SinhConduction,
        "I = G V_read sinh(V/V_0)/sinh(V_read/V_0)",
        "Guan, Yu & Wong, IEEE EDL 33, 1405 (2012), doi:10.1109/LED.2012.2210856",
    ),
    Model(
        "conduction",
        "exponential",
        "conduction",
        physics.ExponentialConduction,
        "I = G V e^((|V| - V_read)/V_0)",
        "the form of NeuroSim, changed so that it vanishes at V = 0: Chen, Peng & Yu, IEEE TCAD 37, 3067 (2018), "
        "doi:10.1109/TCAD.2018.2789723",
    ),
    Model(
        "conduction",
        "polynomial",
        "conduction",
        physics.PolynomialConduction,
        "I = G V + k_2 V |V| + k_3 V^3; quadratic is k_2 V_read, cubic is k_3 V_read^2",
        "Milo et al., IRPS 2021",
    ),
    Model(
        "conduction",
        "state-polynomial",
        "conduction",
        physics.StatePolynomialConduction,
        "I = G V + k_2(G) V^2 + k_3(G) V^3; k_2 and k_3 are polynomials in log10(G/1 S) for G from min to max, and "
        "in proportion to G beyond",
        "Milo et al., IRPS 2021, as fitted in CrossSim (Sandia National Laboratories)",
    ),
    Model(
        "endurance",
        "growing-resistance",
        "endurance",
        endurance.GrowingResistance,
        "R(x) = R (x/x_th)^(p_3 f) beyond x_th = p_0 e^f cycles, f = p_1 size + p_2 min(T_ref/T, 1); R is 1/G_max or "
        "1/G_min, each with its own numbers",
        "Lammie, Rahimi Azghadi & Ielmini, Semicond. Sci. Technol. (2021), doi:10.1088/1361-6641/abf29d; "
        "that states between the ends keep their conductance is assumed",
    ),
    Model(
        "endurance",
        "stuck-cells",
        "endurance",
        endurance.StuckCells,
        "a cell with x cycles is stuck at G_max with probability stuck_on(x), at G_min with probability stuck_off(x); "
        "both linear in ln x between the rows, and in proportion to x before the first",
    ),
    Model(
        "endurance",
        "bit-errors",
        "endurance",
        endurance.BitErrors,
        "a bit of a cell with x cycles is wrong with probability errors(x), linear in ln x between the rows; no state "
        "changes",
    ),
    Model(
        "faults",
        "faults",
        "faults",
        physics.Faults,
        "each cell is stuck at G_max with probability stuck_on, at G_min with probability stuck_off, at a state "
        "uniform in state +- half_width with probability stuck_at.share, or sound",
    ),
)
