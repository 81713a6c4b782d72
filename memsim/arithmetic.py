"""Instructions that Numba has no name for, or none on CUDA: fused multiply-add, rounding, set bits, fetching ahead.

IEEE 754 defines a b + c with one rounding, so it gives the same bits on every machine: as one instruction where the
processor has it (x86-64 since 2013, ARM, CUDA), through the C library elsewhere. Written out, because a compiler that
may fuse on its own does so on some machines and not on others. Each function states the type and the code of a call.
"""

from __future__ import annotations

from typing import Any

from memsim.scalars import instruction


@instruction
def fma(context: Any, a: Any, b: Any, c: Any) -> Any:
    """``fma(a, b, c)``: a b + c, rounded once; three floats of one type."""
    if not (a == b == c):
        return None

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return builder.fma(*values)

    return a(a, a, a), generate


@instruction
def nearest(context: Any, x: Any) -> Any:
    """``nearest(x)``: the whole number nearest to x, half to even, as a float of x's type."""
    from llvmlite import ir
    from numba import types
    from numba.core import cgutils

    if not isinstance(x, types.Float):
        return None

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        kind = values[0].type
        if builder.module.triple.startswith("nvptx"):  # CUDA's compiler takes no llvm.rint, but has a function for it
            name = "__nv_rintf" if x == types.float32 else "__nv_rint"
            function = cgutils.get_or_insert_function(builder.module, ir.FunctionType(kind, [kind]), name)
        else:
            function = builder.module.declare_intrinsic("llvm.rint", [kind])
        return builder.call(function, values)

    return x(x), generate


@instruction
def popcount(context: Any, word: Any) -> Any:
    """``popcount(word)``: how many bits of a uint32 are set, as a uint32."""
    from numba import types

    if word != types.uint32:
        return None

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return builder.ctpop(*values)

    return word(word), generate


@instruction
def prefetch(context: Any, array: Any, place: Any) -> Any:
    """``prefetch(array, place)``: asks for the cache line of that element of a contiguous array, to be written soon."""
    from llvmlite import ir
    from numba import types
    from numba.core import cgutils

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        view = context.make_array(signature.args[0])(context, builder, values[0])
        pointer = builder.bitcast(builder.gep(view.data, [values[1]]), ir.IntType(8).as_pointer())
        number = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [pointer.type, number, number, number])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        builder.call(function, [pointer, number(1), number(3), number(1)])
        return context.get_dummy_value()

    return types.void(array, types.intp), generate


@instruction
def sum_of_products(context: Any, x: Any, w: Any, offset: Any) -> Any:
    """``sum_of_products(x, w, offset)``: sum of x (w + offset) in sixteen lanes, which are added in one fixed order.

    x : (row,) of float64, whole lanes; w : at least as long, float32 or float64; both contiguous. Lane k sums the rows
    k, k + 16, and so on. Then lane k receives lane k + 8, and so on by halves. Written as code for vectors, because
    LLVM keeps sixteen sums in memory, which takes three times as long.
    """
    from llvmlite import ir
    from numba import types
    from numba.core import cgutils

    if not (isinstance(w, types.Array) and x.dtype == offset == types.float64):
        return None

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        number, index, lanes = ir.DoubleType(), ir.IntType(32), 16
        vector = ir.VectorType(number, lanes)
        x, w = (
            context.make_array(kind)(context, builder, value)
            for kind, value in zip(signature.args[:2], values[:2], strict=True)
        )

        def load(array: Any, kind: Any, place: Any) -> Any:
            single = context.get_data_type(kind.dtype)
            pointer = builder.bitcast(builder.gep(array.data, [place]), ir.VectorType(single, lanes).as_pointer())
            numbers = builder.load(pointer, align=kind.dtype.bitwidth // 8)
            return numbers if single == number else builder.fpext(numbers, vector)

        def moved(numbers: Any, places: list[int]) -> Any:
            mask = ir.Constant(ir.VectorType(index, len(places)), places)
            return builder.shuffle_vector(numbers, ir.Constant(numbers.type, ir.Undefined), mask)

        shift = moved(builder.insert_element(ir.Constant(vector, ir.Undefined), values[2], index(0)), [0] * lanes)
        total = cgutils.alloca_once_value(builder, ir.Constant(vector, [number(0.0)] * lanes))
        size = builder.extract_value(x.shape, 0)
        with cgutils.for_range_slice(builder, size.type(0), size, size.type(lanes)) as (place, _):
            terms = builder.fmul(
                load(x, signature.args[0], place), builder.fadd(load(w, signature.args[1], place), shift)
            )
            builder.store(builder.fadd(builder.load(total), terms), total)
        sums = builder.load(total)
        while lanes > 1:
            lanes //= 2
            sums = builder.fadd(moved(sums, list(range(lanes))), moved(sums, list(range(lanes, 2 * lanes))))
        return builder.extract_element(sums, index(0))

    return types.float64(x, w, offset), generate
