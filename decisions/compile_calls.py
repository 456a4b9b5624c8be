"""Calls: of built-in functions, of domain functions handed in by name, and of function values.

A call of a name is decided once, at compile time: a variable bound in the expression or declared by the caller,
else a domain function, else a built-in, else an error with the nearest known name.
"""

from __future__ import annotations

import difflib
from typing import Any

from . import syntax as tree
from .builtins import BUILTINS
from .builtins.signatures import Builtin
from .compile_base import BaseCompiler
from .env import Code, Env, find
from .errors import FeelError
from .types import ANY, Type, convert, resolve
from .values import PLAIN, Function, adopt


class CallCompiler(BaseCompiler):
    """Compiles calls and function definitions."""

    def call(self, node: tree.Call) -> Code:
        """`target(arguments)`"""
        arguments = [self.code(argument) for argument in node.arguments]
        names = tuple(node.names) if node.names is not None else None
        target = node.target
        if isinstance(target, tree.Name):
            return self._named(target, arguments, names)
        if isinstance(target, tree.Literal):
            return lambda env: None
        return _dynamic(self.code(target), arguments, names)

    def _named(self, target: tree.Name, arguments: list[Code], names: tuple[str, ...] | None) -> Code:
        name = target.name
        if name in self.functions and name not in self.names:
            return _domain(name, arguments, names)
        built_in = BUILTINS.get(name)
        if name in self.names:
            fallback = built_in.value if built_in is not None else None
            return _dynamic(lambda env: find(env, name, fallback), arguments, names)
        if built_in is not None:
            if not target.local or self.frames == 0:
                return _built_in(built_in, arguments, names)
            value = built_in.value
            return _dynamic(lambda env: _function_or(find(env, name), value), arguments, names)
        if target.local:
            return _dynamic(lambda env: find(env, name), arguments, names)
        raise unknown_function(name, [*self.functions, *BUILTINS])

    def function(self, node: tree.Lambda) -> Code:
        """A function definition; the code of another language is never run, so an external one is null."""
        if node.external:
            return lambda env: None
        names = tuple(name for name, _ in node.parameters)
        kinds = [resolve(kind, self.types) for _, kind in node.parameters]
        if any(kind is None for kind in kinds):
            return lambda env: None
        known = [kind for kind in kinds if kind is not None]
        body, weight = self.inner_code(node.body), node.weight
        typed = any(kind is not None for _, kind in node.parameters)
        signature = Type("function", parameters=tuple(known), result=ANY) if typed else None

        def define(env: Env) -> Function:
            return user_function("", names, known, body, env, signature, weight)

        return define


def user_function(
    name: str,
    names: tuple[str, ...],
    kinds: list[Type],
    body: Code,
    env: Env,
    signature: Type | None,
    weight: int,
) -> Function:
    """A function value over compiled code; arguments are converted to the parameter types, misfits give null."""

    def call(work: Any, arguments: list[Any]) -> Any:
        if len(arguments) != len(names):
            return None
        frame = {}
        for parameter, kind, argument in zip(names, kinds, arguments, strict=True):
            value = convert(argument, kind)
            if value is None and argument is not None:
                return None
            frame[parameter] = value
        work.enter(weight)
        try:
            return body(Env(frame, env, work))
        finally:
            work.depth -= 1

    return Function(name, names, call, signature)


def unknown_function(name: str, known: list[str]) -> FeelError:
    """The error for a call of a name nobody knows."""
    near = difflib.get_close_matches(name, known, 1, 0.6)
    zh = f"未知函数“{name}”" + (f"，是否应为“{near[0]}”？" if near else "")
    en = f"unknown function {name!r}" + (f", did you mean {near[0]!r}?" if near else "")
    return FeelError(zh, en)


def _function_or(found: Any, value: Function) -> Any:
    return found if isinstance(found, Function) else value


def call_value(value: Any, work: Any, arguments: list[Any], names: tuple[str, ...] | None) -> Any:
    """Call a function value; null when it is none or the arguments do not fit."""
    if not isinstance(value, Function):
        return None
    if names is not None:
        if set(names) - set(value.parameters) or len(set(names)) < len(names):
            return None
        given = dict(zip(names, arguments, strict=True))
        if len(given) < len(value.parameters) and not value.variadic:
            return None
        arguments = [given.get(parameter) for parameter in value.parameters]
    return value.call(work, arguments)


def _dynamic(target: Code, arguments: list[Code], names: tuple[str, ...] | None) -> Code:
    def run(env: Env) -> Any:
        return call_value(target(env), env.work, [argument(env) for argument in arguments], names)

    return run


def _domain(name: str, arguments: list[Code], names: tuple[str, ...] | None) -> Code:
    if names is not None:
        keys = names

        def run_named(env: Env) -> Any:
            env.work.spend(1)
            return adopt(
                env.work.functions[name](**{key: code(env) for key, code in zip(keys, arguments, strict=True)})
            )

        return run_named

    def run(env: Env) -> Any:
        env.work.spend(1)
        value = env.work.functions[name](*[code(env) for code in arguments])
        return value if type(value) in PLAIN else adopt(value)

    return run


def _built_in(built_in: Builtin, arguments: list[Code], names: tuple[str, ...] | None) -> Code:
    plan = built_in.plan(len(arguments), names)
    if not plan:
        return lambda env: None

    def run(env: Env) -> Any:
        return built_in.run(plan, env.work, [code(env) for code in arguments])

    return run
