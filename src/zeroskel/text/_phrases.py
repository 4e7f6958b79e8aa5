"""Generator of texts about movements whose values are exact, from the grammar in resources/phrases.toml."""

import random
import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any

from zeroskel.text._movements import _SAME_OF_OTHER, _UNUSUAL_OF_ARMS, WrittenMovement, movement_of_entry

WORDINGS = ("known", "withheld", "all")
_SIGN = {"left": -1, "right": 1}
_OTHER = {"left": "right", "right": "left"}
_THIRD = {"do": "does", "go": "goes", "be": "is", "have": "has"}
_GERUND = {"lie": "lying", "be": "being", "squat": "squatting"}
_DOUBLED = re.compile(r"[^aeiou][aeiou][bdgmnpt]$")  # of one syllable: "put", "putting"
_HEIGHTS = ("hand_highest", "hand_lowest", "hand_mostly", "other_hand_highest", "other_hand_mostly")
_QUIET_LEGS = {"leg_moves": 0.02, "other_leg_moves": 0.02, "walks": 0, "steps": 0, "foot_lift": 0}
_QUIET_TRUNK = {"trunk_moves": 0.03, "trunk_bends": 0, "trunk_twists": 0, "travels": 0, "turns": 0}
_QUIET_ARMS = {"arm_moves": 0.03, "other_arm_moves": 0.03, "hand_highest": 0.4, "hand_mostly": 0.37, "hand_speed": 0.05}
_ON_HIP = {"other_hand_highest": 0.5, "other_hand_mostly": 0.47, "other_elbow_bent": 0.55, "other_arm_moves": 0.05}


def generated_movements(count: int, seed: int = 0, *, wordings: str = "known") -> list[WrittenMovement]:
    """Return different sentences with their values.

    Args:
        count: number of sentences.
        seed: seed of the random choices.
        wordings: "known" draws from the wordings for training, "withheld" from the others, "all" from both.
    """
    writer = _Writer(random.Random(seed), wordings)
    movements: dict[str, WrittenMovement] = {}
    for _ in range(20 * count):
        movement = writer.movement()
        movements.setdefault(movement.texts[0].lower(), movement)
        if len(movements) == count:
            break
    return list(movements.values())


def inflected(text: str, form: str) -> str:
    """Return a text whose verbs in brackets are "do" (base), "does" (third person) or "doing" (gerund)."""
    return re.sub(r"\[(\w+)\]", lambda match: _inflected_verb(match.group(1), form), text)


def _inflected_verb(verb: str, form: str) -> str:
    if form == "do":
        return {"be": "are"}.get(verb, verb)
    if form == "does":
        ending = "es" if re.search(r"(s|sh|ch|x|z|o)$", verb) else "s"
        if re.search(r"[^aeiou]y$", verb):
            return verb[:-1] + "ies"
        return _THIRD.get(verb, verb + ending)
    if verb in _GERUND:
        return _GERUND[verb]
    if verb.endswith("e") and not verb.endswith("ee"):
        return verb[:-1] + "ing"
    doubled = len(re.findall(r"[aeiou]+", verb)) == 1 and _DOUBLED.search(verb)
    return verb + verb[-1] + "ing" if doubled else verb + "ing"


@cache
def _grammar() -> dict[str, Any]:
    return tomllib.loads((resources.files("zeroskel.resources") / "phrases.toml").read_text(encoding="utf-8"))


class _Writer:
    """Author of sentences from one random generator."""

    def __init__(self, generator: random.Random, wordings: str) -> None:
        self.random, self.wordings, self.grammar = generator, wordings, _grammar()

    def movement(self) -> WrittenMovement:
        """Return one sentence with its values."""
        kinds = {self._of_arms: 36, self._of_legs: 19, self._of_both: 14, self._of_whole: 16, self._of_hand: 9}
        kinds |= {self._of_foot: 2, self._of_statement: 4}
        text, entry = self.random.choices(list(kinds), list(kinds.values()))[0]()
        return movement_of_entry(" ".join(text.split()).replace(" ,", ","), entry, "phrases")

    def _chance(self, share: float) -> bool:
        return self.random.random() < share

    def _choose(self, wordings: Sequence[str]) -> str:
        """Return one of the wordings that this writer may use: every fourth one is withheld."""
        if len(wordings) >= 4 and self.wordings != "all":
            withheld = self.wordings == "withheld"
            wordings = [text for index, text in enumerate(wordings) if (index % 4 == 3) == withheld]
        return self.random.choice(wordings)

    # ---- parts of sentences

    def _limb(self, noun: str, kind: str, only: str = "") -> str:
        limbs = self.grammar["limbs"]
        if kind in _SIGN:
            return f"{only}{self.random.choice(limbs['determiners'])} {kind} {noun}".replace("  ", " ").strip()
        if kind == "one":
            determiner = self.random.choice(limbs["one"])
            return only + ("an" if determiner == "a" and noun[0] in "aeiou" else determiner) + " " + noun
        text = self._choose(limbs[kind])
        return text.replace("{n}", noun).replace("foots", "feet")

    def _filled(self, text: str, kind: str, only: str, side: str, clock: str) -> str:
        for noun in ("arm", "hand", "leg", "foot", "knee"):
            if "{" + noun + "}" in text:
                text = text.replace("{" + noun + "}", self._limb(noun, kind, only))
        text = text.replace("{side}", side).replace("{opposite}", _OTHER[side]).replace("{clock}", clock)
        return text.replace("{o}", _OTHER.get(kind, "other"))

    def _framed(self, act: str, subject: str = "", tail: str = "") -> str:
        """Return a sentence about what a person does."""
        if subject:
            frame = self.random.choice(("{subject} {does}", "{subject} is {doing}"))
        else:
            frame = self._choose(self.grammar["frames"]["do"])
        forms = {form: inflected(act, form) + tail for form in ("do", "does", "doing")}
        return frame.format(subject=subject, **forms)

    def _posed(self, entry: dict[str, Any], allowed: Sequence[str]) -> tuple[str, str, str]:
        """Choose the posture and return what is said of it: before the sentence, as its subject, or after it."""
        posture = self.random.choices(allowed, [4 if name in ("sits", "stands") else 1 for name in allowed])[0]
        entry["posture"] = posture
        if posture == "lies":
            entry.setdefault("open", []).extend(name for name in _HEIGHTS if name not in entry.get("open", []))
        position = self.random.choice(("before", "subject", "after", "after"))
        if position == "subject" and self.wordings != "withheld":
            return "", self._choose(self.grammar["subjects"][posture]), ""
        text = self._choose(self.grammar["postures"][posture])
        return (f"{text}, ", "", "") if position == "before" else ("", "", f" {text}")

    def _mannered(self, entry: dict[str, Any], limb: str, names: Sequence[str]) -> str:
        """Choose a manner, put its numbers into the entry, and return its words."""
        manner = self.grammar["manners"][self.random.choice(names)]
        self._state(entry, manner[limb])
        return " " + self._choose(manner["say"])

    @staticmethod
    def _state(entry: dict[str, Any], numbers: Mapping[str, float]) -> None:
        """Put numbers into an entry as stated."""
        entry.update(numbers)
        for marks in ("unsure", "open"):
            entry[marks] = [name for name in entry.get(marks, []) if name not in numbers]

    def _numbers(self, item: Mapping[str, Any], kind: str, side: str, clock: str) -> dict[str, Any]:
        """Return the entry of an item for a limb, a direction and a sense of rotation."""
        entry = {**item.get("numbers", {}), **item.get("entry", {})}
        entry["unsure"] = [*entry.get("unsure", []), *item.get("unsure", [])]
        entry["open"] = [*entry.get("open", []), *item.get("open", [])]
        for name, value in item.get("outward", {}).items():
            entry[name] = value * _SIGN.get(kind, 0)
            if kind == "one":
                entry["open"].append(name)
        for name, value in item.get("sided", {}).items():
            entry[name] = value * _SIGN[side]
        for name, value in item.get("clocked", {}).items():
            entry[name] = value * (1 if clock == "clockwise" else -1)
        if kind == "both":
            entry |= item.get("both", {})
        return entry

    def _directions(self) -> tuple[str, str]:
        clocks = ("clockwise", "clockwise", "counterclockwise", "counter-clockwise", "anticlockwise")
        return self.random.choice(("left", "right")), self.random.choice(clocks)

    # ---- what arms and legs do

    def _arm_act(self) -> tuple[dict[str, Any], dict[str, Any], str, str, str]:
        """Return an item, its entry, the kind of limb, the side and the sense of rotation."""
        item = self.random.choice(list(self.grammar["arms"].values()))
        kinds = [item["only"]] if "only" in item else ["right"] * 8 + ["left"] * 8 + ["one"] * 3
        if not item.get("only") and "clocked" not in item:
            kinds += ["both"] * 5 + ["alternating"] * 2
        kind, (side, clock) = self.random.choice(kinds), self._directions()
        entry = self._numbers(item, kind, side, clock) | {"arms": kind, "legs": item.get("legs", "none")}
        if item.get("bare"):
            entry["open"] += [name for name in _UNUSUAL_OF_ARMS if name not in entry]
            del entry["legs"]
        else:
            entry["posture"] = "stands?"
        return item, entry, kind, side, clock

    def _of_arms(self) -> tuple[str, dict[str, Any]]:
        item, entry, kind, side, clock = self._arm_act()
        before, subject, after, manner = "", "", "", ""
        only = self.random.choice(("only ", "just ")) if kind in ("left", "right", "one") and self._chance(0.12) else ""
        if only:
            self._state(entry, {"other_arm_moves": 0})
        if not item.get("upright") and self._chance(0.35):
            before, subject, after = self._posed(entry, ("sits", "stands", "kneels", "lies", "crouches"))
        if self._chance(0.35):
            names = ["slow", "fast"]
            names += [] if item.get("steady") else ["once", "several", "steady"]
            names += [] if item.get("steady") or item.get("bare") else ["hold"]
            manner = self._mannered(entry, "arm", names)
        first, rest = self._resting_of_arms(entry, kind) if not only and self._chance(0.4) else ("", "")
        if "state" in item and self._chance(0.25):
            said = self._filled(self._choose(item["state"]), kind, only, side, clock)
            said = inflected(said, "do" if kind in ("both", "alternating") else "does") + manner
            if kind in _SIGN and not only and self._chance(0.3):
                said = self._contrasted(said, "other_arm_state", kind)
                self._state(entry, {"other_arm_moves": 0})
                rest = ""
            text = self._choose(self.grammar["frames"]["state"]).format(state=f"{before}{said}{rest}{after}")
            if subject:  # nothing was said of the posture
                del entry["posture"]
            return text, entry
        act = self._filled(f"{first} {self._choose(item['say'])}", kind, only, side, clock)
        return before + self._framed(act, subject, manner + rest + after), entry

    def _contrasted(self, said: str, rests: str, kind: str) -> str:
        other = self._choose(self.grammar["rests"][rests]).replace("{o}", _OTHER[kind])
        return self.random.choice(("{o} and {s}", "{s}, {o}", "{s} while {o}", "{o}, but {s}")).format(o=other, s=said)

    def _resting_of_arms(self, entry: dict[str, Any], kind: str) -> tuple[str, str]:
        """Say that something rests, and return the words before the act and after it."""
        rests = self.grammar["rests"]
        choices = ["still_legs", "still_rest"] if "legs" not in entry or entry["legs"] == "none" else []
        if kind in _SIGN:
            choices += ["other_arm"] * 4 + ["other_arm_first"] * 2 + ["other_hip"]
        choices += ["other_arm_unsided"] * 2 if kind in ("left", "right", "one") else []
        if not (name := self.random.choice(choices or [""])):
            return "", ""
        text = self._choose(rests[name]).replace("{o}", _OTHER.get(kind, "other"))
        if name.startswith("still"):
            self._state(entry, _QUIET_LEGS)
            if name == "still_rest":
                self._state(entry, _QUIET_TRUNK | ({"other_arm_moves": 0} if kind in ("left", "right", "one") else {}))
        elif name == "other_hip":
            self._state(entry, _ON_HIP | {"hand_on_hip": 1})
        else:
            self._state(entry, {"other_arm_moves": 0})
            if re.search(r"hang|down|side", text) and entry.get("posture") != "lies":
                self._state(entry, {"other_hand_highest": 0.39, "other_hand_mostly": 0.37})
        return (text, "") if name == "other_arm_first" else ("", f", {text}")

    def _leg_act(self) -> tuple[dict[str, Any], dict[str, Any], str]:
        item = self.random.choice(list(self.grammar["legs"].values()))
        kinds = ["right"] * 8 + ["left"] * 8 + ["one"] * 3
        kinds += ["both"] * 3 + ["alternating"] if item.get("bare") else []
        kind = self.random.choice(kinds)
        entry = self._numbers(item, kind, "left", "") | {"arms": "none", "legs": kind, "posture": "stands?"}
        if item.get("bare"):
            entry["open"] += ["one_leg", "feet_apart", "leg_outward", "leg_backward", "leg_held"]
            del entry["arms"], entry["posture"]
        return item, entry, kind

    def _of_legs(self) -> tuple[str, dict[str, Any]]:
        item, entry, kind = self._leg_act()
        only = self.random.choice(("only ", "just ")) if kind in _SIGN and self._chance(0.1) else ""
        manner, first, rest, before, subject, after = "", "", "", "", "", ""
        if self._chance(0.3):
            manner = self._mannered(entry, "leg", ["slow", "fast", "once", "several", "steady"])
        if self._chance(0.25):
            resting = "one_leg" not in entry and item.get("bare")
            before, subject, after = self._posed(entry, ("sits", "lies", "stands") if resting else ("stands",))
        rests, name = self.grammar["rests"], ""
        if self._chance(0.4):
            name = self.random.choice(["other_leg", "other_leg", "other_leg_first", "other_leg_unsided", "still_arms"])
            name = name if kind in _SIGN else "other_leg_unsided" if kind == "one" else "still_arms"
        if (item.get("standing_leg") and "leg" in name) or "lies" in entry.get("posture", ""):
            name = ""
        if name:
            text = self._choose(rests[name]).replace("{o}", _OTHER.get(kind, "other"))
            self._state(entry, _QUIET_ARMS if name == "still_arms" else {"other_leg_moves": 0.02})
            first, rest = (text, "") if name == "other_leg_first" else ("", f", {text}")
        if "state" in item and not first and not subject and self._chance(0.25):
            said = self._filled(self._choose(item["state"]), kind, only, "left", "")
            said = inflected(said, "do" if kind in ("both", "alternating") else "does") + manner
            if kind in _SIGN and not rest and self._chance(0.4):
                said = self._contrasted(said, "other_leg_state", kind)
                self._state(entry, {"other_leg_moves": 0.02})
            return self._choose(self.grammar["frames"]["state"]).format(state=f"{before}{said}{rest}{after}"), entry
        act = self._filled(f"{first} {self._choose(item['say'])}", kind, only, "left", "")
        return before + self._framed(act, subject, manner + rest + after), entry

    def _of_both(self) -> tuple[str, dict[str, Any]]:
        """Return a sentence about an arm and a leg, or about an arm and a gait."""
        item, entry, kind, side, clock = self._arm_act()
        while item.get("legs") or item.get("bare"):
            item, entry, kind, side, clock = self._arm_act()
        arm = self._filled(self._choose(item["say"]), kind, "", side, clock)
        if self._chance(0.7):
            leg_item, legs, leg_kind = self._leg_act()
            leg = self._filled(self._choose(leg_item["say"]), leg_kind, "", "left", "")
        else:
            gaits = [whole for whole in self.grammar["whole"].values() if whole.get("gait")]
            leg_item = self.random.choice(gaits)
            legs = self._numbers(leg_item, "", "left", "")
            leg = self._choose(leg_item["say"])
        of_arms = re.compile(r"hand|arm_|arms_|elbow|other_arm|other_hand|other_elbow")
        legs = {name: value for name, value in legs.items() if not of_arms.match(name)}
        marks = {mark: [*entry.get(mark, []), *legs.get(mark, [])] for mark in ("unsure", "open")}
        merged = {**entry, **legs, **marks, "arms": entry["arms"]}
        pair = (arm, leg) if self._chance(0.5) else (leg, arm)
        joint = self.random.choice((" and ", " and ", " and at the same time ", " while ", ", and also "))
        second = inflected(pair[1], "doing") if "while" in joint else pair[1]
        return self._framed(pair[0] + joint + second), merged

    # ---- the whole body and statements

    def _of_whole(self) -> tuple[str, dict[str, Any]]:
        item, (side, clock) = self.random.choice(list(self.grammar["whole"].values())), self._directions()
        entry = self._numbers(item, "", side, clock)
        manner, before, subject, after = "", "", "", ""
        posture = entry.get("posture", "any" if item.get("quiet") else "")
        if posture in ("stands?", "any") and self._chance(0.4):
            before, subject, after = self._posed(entry, ("sits", "stands", "kneels"))
        if not item.get("quiet") and self._chance(0.3):
            once = item.get("gait") or ">" in posture
            manner = self._mannered(entry, "whole", ["slow", "fast"] if once else ["slow", "fast", "once", "steady"])
        elif item.get("sided") and self._chance(0.2):
            manner = f", not to the {_OTHER[side]}"
        act = self._filled(self._choose(item["say"]), "", "", side, clock)
        return before + self._framed(act, subject, manner + after), entry

    def _of_hand(self) -> tuple[str, dict[str, Any]]:
        return self._of_state("hands", "arm_side", "arms_alike")

    def _of_foot(self) -> tuple[str, dict[str, Any]]:
        return self._of_state("feet", "leg_side", "")

    def _of_state(self, group: str, sided: str, alike: str) -> tuple[str, dict[str, Any]]:
        item = self.random.choice(list(self.grammar[group].values()))
        kind = self.random.choice(["right"] * 5 + ["left"] * 5 + ["one"] * 2 + ["both"] * 4 * bool(alike))
        entry = self._numbers(item, kind, "left", "")
        said = self._filled(self._choose(item["say"]), kind, "", "left", "")
        said = inflected(said, "do" if kind == "both" else "does")
        if kind in _SIGN:
            entry[sided] = _SIGN[kind]
            if self._chance(0.25):
                said = self._contrasted(said, "other_arm_state" if alike else "other_leg_state", kind)
                entry["other_arm_moves" if alike else "other_leg_moves"] = 0.02
        elif kind == "both":
            same = {name: _SAME_OF_OTHER[name] for name in _SAME_OF_OTHER if name in entry}
            entry |= {alike: 1, sided: 0} | {other: entry[name] for name, other in same.items()}
        if self._chance(0.15):
            before, _, after = self._posed(entry, ("sits", "stands"))
            said = before + said + after
            if not before and not after:
                del entry["posture"]
        return self._choose(self.grammar["frames"]["state"]).format(state=said), entry

    def _of_statement(self) -> tuple[str, dict[str, Any]]:
        item = self.random.choice(list(self.grammar["statements"].values()))
        text = self._choose(item["say"])
        if self._chance(0.6):
            text = self._choose(self.grammar["frames"]["state"]).format(state=text)
        return text, dict(item["entry"])
