"""What the objects of a config are given, judged before anything is built.

Names are judged by :mod:`hornbook.engine.resolve`.  Here it is: which kind of
object stands in which place, which arguments a built-in gets, and which
objects share an id.  The rules are data of the integrations, and what takes
several objects to see is judged by a review of theirs; nothing is looked up
but names, nothing is imported.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

from hornbook.engine.builtins import Integration, Review
from hornbook.engine.codecs.plain import ATOMS, are_atoms
from hornbook.engine.identity import Forms, shared_id
from hornbook.engine.reference import NO_MODULE, Reference, is_object_config
from hornbook.engine.refusals import UNKNOWN, unknown
from hornbook.engine.resolve import Resolved
from hornbook.engine.violations import Problem, Rule, Rules, Tally, Violation
from hornbook.errors import ConfigError, short
from hornbook.places import Steps
from hornbook.policy import Policy

MOST = 1000  # violations that are reported
_NAMING = ("class_name", "module", "registered_name")
# How many keys an object config has without what is applied to the object once it is made.
_PLAIN_KEYS = 4


class ArgumentCheck:
    """Judges the objects of one config.

    Args:
        meaning: Returns what an object config stands for; `None` for data, and
            for what is refused already.
        called: Returns what a string stands for, or `None`.
        policy: What is allowed.
        means: Returns whether a string means anything where a built-in of a kind is expected.

    Attributes:
        violations: What is wrong.
        tally: What the rules for arguments have counted.
    """

    __slots__ = ("_called", "_forms", "_means", "_reviews", "_shared", "meaning", "tally", "violations")

    def __init__(
        self,
        meaning: Callable[[dict[str, Any]], Resolved | None],
        called: Callable[[str], Resolved | None],
        policy: Policy,
        means: Callable[[str, str], bool],
    ) -> None:
        self.meaning = meaning
        self._called = called
        self._means = means
        self.violations: list[Violation] = []
        self.tally = Tally(policy, {}, [])
        self._shared: dict[int, dict[str, Any]] = {}
        self._forms: Forms | None = None
        self._reviews: dict[Integration, Review | None] = {}

    def violation(self, at: Any, steps: Steps, problem: Problem) -> None:
        """Keep what is wrong at some steps from a container."""
        if len(self.violations) < MOST:
            error = problem.error(problem.what, hint=problem.hint, config=at, code=problem.code)
            self.violations.append(Violation(problem.rule, error, at, steps))

    def root(self, config: Any, kinds: Collection[str]) -> None:
        """Judge whether the outermost object is of one of some kinds."""
        if not isinstance(config, dict) or not is_object_config(config):
            self.violation(config, (), Problem("kind", f"This is no {_any_of(kinds)}: {short(config)}"))
            return
        self.fits(config, config, (), kinds)

    def object(self, config: dict[str, Any], inner: dict[str, Any], resolved: Resolved) -> None:
        """Judge what one object is given.

        Args:
            config: Its whole config.
            inner: The inner one.
            resolved: What it is of.
        """
        if type(inner) is not dict:
            return
        rules = resolved.rules
        if rules:
            self.arguments(inner, inner, rules)
            if len(config) > _PLAIN_KEYS:
                self._completions(config, rules, resolved)
        owner = resolved.owner
        if owner is None:
            return
        review = self._reviews[owner] if owner in self._reviews else self._review(owner)
        if review is not None and (
            resolved.composite or not owner.composite_fields.isdisjoint(inner) or "compile_config" in config
        ):
            review.object(config, inner, resolved)

    def _completions(self, config: dict[str, Any], rules: Rules, resolved: Resolved) -> None:
        """Judge what is applied to an object once it is made."""
        compiled = config.get("compile_config")
        if resolved.builtin and type(compiled) is dict:
            self.arguments(compiled, compiled, rules)
        built, rule = config.get("build_config"), rules.get("build_config")
        if built and rule is not None:
            self._value(config, "build_config", built, rule)

    def _review(self, owner: Integration) -> Review | None:
        review = self._reviews[owner] = owner.review(self)
        return review

    def shared(self, config: dict[str, Any]) -> None:
        """Judge whether all objects of one shared id are the same."""
        try:
            number = shared_id(config)
        except ConfigError as error:
            self.violation(config, (), Problem("type", error.problem))
            return
        first = config if number is None else self._shared.setdefault(number, config)
        if first is config or self._same(first, config):
            return
        names = first.get("class_name"), config.get("class_name")
        what = f"`shared_object_id` {short(number)} names a `{short(names[0])}` and a `{short(names[1])}`"
        if names[0] == names[1]:
            what = f"`shared_object_id` {short(number)} names two different objects of `{short(names[0])}`"
        self.violation(config, (), Problem("shared", what))

    def _same(self, first: dict[str, Any], second: dict[str, Any]) -> bool:
        """Return whether two configs that share an id stand for one object."""
        naming, other = [[config.get(part) for part in _NAMING] for config in (first, second)]
        inner = first.get("config"), second.get("config")
        forms = self._forms = self._forms or Forms()
        try:
            if all(type(part) is dict and are_atoms(map(type, part.values())) for part in inner):
                return naming == other and inner[0] == inner[1]
            return forms.of([*naming, inner[0]]) == forms.of([*other, inner[1]])
        except RecursionError:
            return False

    def arguments(self, at: Any, given: Mapping[str, Any], rules: Rules) -> None:
        """Judge the arguments of a built-in."""
        for field, value in given.items():
            rule = rules.get(field)
            if rule is not None:
                self._value(at, field, value, rule)

    def _value(self, at: Any, field: str, value: Any, rule: Rule) -> None:
        cls = type(value)
        if cls is str:
            if rule.named is not None:
                self._name(at, field, value, rule)
        elif cls not in ATOMS and rule.kinds is not None and self._objects(at, field, value, rule):
            return
        if rule.check is not None and cls not in rule.passed:
            problem = rule.check(value, self.tally)
            if problem is not None:
                self.violation(at, (field,), problem._replace(what=f"`{field}` {problem.what}"))

    def _objects(self, at: Any, field: str, value: Any, rule: Rule) -> bool:
        """Judge the kinds of the objects in a container; return whether there is no more to judge."""
        kinds = rule.kinds or ()
        if type(value) is dict and is_object_config(value):
            self.fits(value, at, (field,), kinds)
            return rule.objects
        for child, steps in objects_within(value):
            self.fits(child, at, (field, *steps), kinds)
        return False

    def _name(self, at: Any, field: str, name: str, rule: Rule) -> None:
        resolved, kinds = self._called(name), rule.named or ()
        if resolved is not None:
            if not _fits(resolved, kinds):
                self.violation(at, (field,), _misfit(name, resolved, kinds))
        elif rule.strings is not None and not self._means(name, rule.strings) and len(self.violations) < MOST:
            reference = Reference("function", name, NO_MODULE, name)
            self.violations.append(Violation(UNKNOWN, unknown(name), at, (field,), reference))

    def fits(self, child: dict[str, Any], at: Any, steps: Steps, kinds: Collection[str]) -> None:
        """Judge whether an object config is of one of some kinds."""
        resolved = self.meaning(child)
        if resolved is not None and not _fits(resolved, kinds):
            self.violation(at, steps, _misfit(child["class_name"], resolved, kinds))

    def finish(self, config: Any) -> None:
        """Judge what only the whole config tells."""
        for review in self._reviews.values():
            if review is not None:
                review.finish(config)


def objects_within(value: Any) -> Iterator[tuple[dict[str, Any], Steps]]:
    """Yield the object configs nearest to `value`, itself included, and the steps to them."""
    todo: list[tuple[Any, Steps]] = [(value, ())]
    while todo:
        part, steps = todo.pop()
        if isinstance(part, dict):
            if is_object_config(part):
                yield part, steps
            else:
                todo += [(member, (*steps, name)) for name, member in part.items() if type(member) not in ATOMS]
        elif isinstance(part, (list, tuple)) and not are_atoms(map(type, part)):
            todo += [(member, (*steps, i)) for i, member in enumerate(part) if type(member) not in ATOMS]


def _fits(resolved: Resolved, kinds: Collection[str]) -> bool:
    return resolved.kind is None or resolved.kind in kinds


def _misfit(name: Any, resolved: Resolved, kinds: Collection[str]) -> Problem:
    kind = str(resolved.kind)
    article = "an" if kind[:1] in "aeiou" else "a"
    return Problem(
        "kind", f"`{short(name)[1:-1]}` is {article} {kind}, and {_any_of(kinds) or 'no object'} belongs here"
    )


def _any_of(kinds: Iterable[str]) -> str:
    return " or ".join(sorted(kinds)[:3])
