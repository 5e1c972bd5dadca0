"""Arithmetic for derived numbers: names, numbers, + - * /, parentheses, min, max, mean. No eval."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, DecimalException

_MAX_LENGTH = 300
_BINARY: dict[type[ast.operator], Callable[[Decimal, Decimal], Decimal]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
}
_CALLS: dict[str, Callable[[Sequence[Decimal]], Decimal]] = {
    "min": min,
    "max": max,
    "mean": lambda numbers: sum(numbers, Decimal(0)) / len(numbers),
}


class ExpressionError(ValueError):
    """An expression outside the language, or one that has no value; the message says why."""


def names_in(expression: str) -> frozenset[str]:
    """The names an expression needs; raises ExpressionError where it is none."""
    names: set[str] = set()
    _check(_parse(expression), names, expression)
    return frozenset(names)


def evaluate(expression: str, values: Mapping[str, Decimal]) -> Decimal:
    """The value of an expression; raises ExpressionError, also on division by zero."""
    names_in(expression)
    try:
        result = _value(_parse(expression), values)
    except KeyError as error:
        raise ExpressionError(f"{error.args[0]} has no value") from error
    except DecimalException as error:
        raise ExpressionError(f"{expression!r} has no value: {type(error).__name__}") from error
    if not result.is_finite():
        raise ExpressionError(f"{expression!r} has no finite value")
    return result


def _parse(expression: str) -> ast.expr:
    if len(expression) > _MAX_LENGTH:
        raise ExpressionError(f"an expression has at most {_MAX_LENGTH} characters")
    try:
        return ast.parse(expression.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ExpressionError(f"{expression!r} is no expression") from error


def _check(node: ast.expr, names: set[str], expression: str) -> None:
    match node:
        case ast.Name(id=name):
            names.add(name)
        case ast.Constant(value=int() | float()) if not isinstance(node.value, bool):
            return
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            _check(left, names, expression)
            _check(right, names, expression)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            _check(operand, names, expression)
        case ast.Call(func=ast.Name(id=function), args=args, keywords=[]) if (
            function in _CALLS and args
        ):
            for argument in args:
                _check(argument, names, expression)
        case _:
            raise ExpressionError(
                f"{expression!r}: only field names, numbers, + - * / and min, max, mean"
            )


def _value(node: ast.expr, values: Mapping[str, Decimal]) -> Decimal:
    match node:
        case ast.Name(id=name):
            return values[name]
        case ast.Constant(value=number):
            return Decimal(str(number))
        case ast.BinOp(left=left, op=op, right=right):
            return _BINARY[type(op)](_value(left, values), _value(right, values))
        case ast.UnaryOp(operand=operand):
            return -_value(operand, values)
        case ast.Call(func=ast.Name(id=function), args=args):
            return _CALLS[function]([_value(argument, values) for argument in args])
    raise ExpressionError("not an expression")
