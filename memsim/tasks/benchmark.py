"""Results of `memsim bench`: times of kernels and experiments beside ceilings and other programs."""

from __future__ import annotations

from memsim.tasks.base import Coordinate, Drawing, ResultKind
from memsim.tasks.variable import Variable

CASE = ("case",)
CALLS = ("case", "repeat")
BESIDE = ("case", "peer")

_DECLARED = (
    Variable("call_seconds", CALLS, "s", "time of a call", "wall time; the first call is not counted"),
    Variable("median_seconds", CASE, "s", "time of a call", "median of call_seconds"),
    Variable(
        "ceiling_seconds",
        CALLS,
        "s",
        "time of the ceiling",
        "wall time of what bounds the speed, in turns with the calls: a copy of the state, times the samples; a "
        "float32 matrix product of the same size; the bare imports",
    ),
    Variable(
        "ceiling_share",
        CASE,
        "1",
        "share of the ceiling",
        "median of ceiling_seconds over median_seconds; may exceed 1 where the ceiling is an estimate",
    ),
    Variable("work", CASE, "1", "work", "units of work of one call, see work_unit"),
    Variable("rate", CASE, "1/s", "rate", "work over median_seconds"),
    Variable(
        "traffic", CASE, "B", "bytes moved", "bytes that a call reads and writes, counted; NaN for whole processes"
    ),
    Variable(
        "operation_count",
        CASE,
        "1",
        "operations",
        "arithmetic operations of a call, counted in the source; a fused multiply-add is two; NaN for whole processes",
    ),
    Variable("intensity", CASE, "1/B", "arithmetic intensity", "operation_count over traffic"),
    Variable("performance", CASE, "1/s", "performance", "operation_count over median_seconds"),
    Variable("peer_seconds", BESIDE, "s", "time of another program", "of the same work; NaN where not measured"),
    Variable("peer_speedup", BESIDE, "1", "times faster", "peer_seconds over median_seconds"),
    Variable(
        "peer_difference", BESIDE, "1", "largest difference", "largest relative difference of results; NaN if none"
    ),
    Variable(
        "copy_bandwidth", (), "B/s", "copy bandwidth", "bytes read and written a second while 64 MiB are copied, median"
    ),
    Variable(
        "product_performance",
        (),
        "1/s",
        "float32 matrix product",
        "operations a second of a product of two 1024 x 1024 float32 matrices, median",
    ),
)

BENCHMARK = ResultKind(
    name="bench",
    variables={v.name: v for v in _DECLARED},
    coordinates={
        "case": Coordinate("case", "what was measured"),
        "kind": Coordinate("case", "kind of work"),
        "variant": Coordinate("case", "variant of the work"),
        "array_size": Coordinate("case", "number of word lines, and of bit lines; 0 where there is no array", "1"),
        "batch": Coordinate("case", "samples of a call; 0 where there are none", "1"),
        "ceiling": Coordinate("case", "what bounds the speed"),
        "work_unit": Coordinate("case", "unit of the work"),
        "peer": Coordinate("peer", "another program at the same work"),
    },
    figures={
        "roofline": Drawing(
            "speed of the kernels beside the machine's limits", "memsim.plotting.figures.roofline:roofline"
        )
    },
    default_figure=lambda dataset: "roofline",
    print_metrics="memsim.cli.bench_table:print_bench",
    origin="a benchmark, not the result of an experiment; measure again with: memsim bench",
)
