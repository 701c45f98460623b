"""The validator: what it takes, what it refuses, and that it is quick about it."""

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from scheduler.cron import is_wildcard, validate
from scheduler.due.cron_fields import spelled_out
from scheduler.exceptions import InvalidTrigger
from tests.scheduler.cron_oracle import Matcher

BUDGET = 0.05  # seconds


@pytest.mark.parametrize(
    ("written", "normalised"),
    [
        ("30 2 * * *", "30 2 * * *"),
        ("  5\t4  * * * \n", "5 4 * * *"),
        ("05 04 * 007 *", "5 4 * 7 *"),
        ("5-5 * * * *", "5 * * * *"),
        ("5-5/2 * * * *", "5 * * * *"),
        ("0 9 * jan-MAR Mon-fri", "0 9 * JAN-MAR MON-FRI"),
        ("0 9 * * 5-7", "0 9 * * 5-7"),
        ("0 9 * * 0-7", "0 9 * * 0-7"),
        ("0 9 * * 7", "0 9 * * 7"),
        ("*/60 */24 */31 */12 */7", "*/60 */24 */31 */12 */7"),
        ("*/15,7 1-5/2,22 * * *", "*/15,7 1-5/2,22 * * *"),
        ("0 9 l * *", "0 9 L * *"),
        ("0 9 15,lw,L * *", "0 9 15,LW,L * *"),
        ("0 9 * * fri#2", "0 9 * * FRI#2"),
        ("0 9 * * 05#l,MON", "0 9 * * 5#L,MON"),
        ("@hourly", "0 * * * *"),
        ("@daily", "0 0 * * *"),
        ("@midnight", "0 0 * * *"),
        ("@weekly", "0 0 * * 0"),
        ("@monthly", "0 0 1 * *"),
        ("@yearly", "0 0 1 1 *"),
        ("@annually", "0 0 1 1 *"),
    ],
)
def test_taken(written, normalised):
    assert validate(written) == normalised
    assert validate(normalised) == normalised


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("", "0 fields"),
        ("* * * *", "4 fields, not 5"),
        ("0 0 12 * * *", "Every(seconds=…)"),
        ("0 0 0 12 * * 2026", "Every(seconds=…)"),
        ("60 * * * *", "minute field: '60': a value is 0 to 59"),
        ("* 24 * * *", "hour field: '24'"),
        ("0 0 0 * *", "day-of-month field: '0': a value is 1 to 31"),
        ("0 0 32 * *", "day-of-month field: '32'"),
        ("0 0 * 13 *", "month field: '13': a value is 1 to 12, or JAN to DEC"),
        ("0 0 * * 8", "weekday field: '8': a value is 0 to 7, or SUN to SAT"),
        ("0 0 * MON *", "month field: 'MON'"),
        ("0 0 * * JAN", "weekday field: 'JAN'"),
        ("MON * * * *", "minute field: 'MON'"),
        ("0 0 * * Monday", "three letters"),
        ("*/0 * * * *", "a step is 1 to 60"),
        ("*/61 * * * *", "a step is 1 to 60"),
        ("0 0 * * */8", "a step is 1 to 7"),
        ("5/15 * * * *", "a step needs a range: 5-59/15"),
        ("* 22-2 * * *", "does not wrap around; write 22-23,0-2"),
        ("0 0 * NOV-FEB *", "does not wrap around; write 11-12,1-2"),
        ("0 0 * * FRI-MON", "does not wrap around; write 5-7,1"),
        ("0 0 * * fri-sun", "'fri-sun': a range does not wrap around; write 5-7."),
        ("? * * * *", "write * for any value"),
        ("H * * * *", "fixed value"),
        ("H/15 * * * *", "fixed value"),
        ("H(0-29) * * * *", "fixed value"),
        ("R R * * *", "fixed value"),
        ("1~5 * * * *", "fixed value"),
        ("0 0 L-3 * *", 'Monthly("3rd last day"'),
        ("0 0 * * 5L", "write FRI#L, in the weekday field"),
        ("0 0 * * L5", "write FRI#L"),
        ("0 0 * * FRIL", "write FRI#L"),
        ("0 0 * * L", "are days of the month"),
        ("0 L * * *", "are days of the month"),
        ("0 0 * LW *", "are days of the month"),
        ("0 0 L/2 * *", "are days of the month"),
        ("0 0 WL * *", "only LW is read"),
        ("0 0 15W * *", "only LW is read"),
        ("0 0 * * FRI#6", "FRI#1 to FRI#5"),
        ("0 0 * * FRI#0", "FRI#1 to FRI#5"),
        ("0 0 * * FRI#LW", "FRI#1 to FRI#5"),
        ("0 0 * * FRI#2/2", "FRI#1 to FRI#5"),
        ("0 0 * * 8#2", "weekday field: '8#2': a value is 0 to 7"),
        ("0 0 * * JAN#2", "a value is 0 to 7"),
        ("0 0 FRI#2 * *", "in the weekday field"),
        ("1,,2 * * * *", "comma"),
        ("1, * * * *", "comma"),
        ("-1 * * * *", "minute field: '-1'"),
        ("1-2-3 * * * *", "minute field: '1-2-3'"),
        ("*-5 * * * *", "minute field: '*-5'"),
        ("1.5 * * * *", "minute field: '1.5'"),
        ("0000 * * * *", "minute field: '0000'"),
        ("@reboot", "At(…)"),
        ("@HOURLY", "Write @hourly."),
        ("@sometimes", "@daily"),
        ("\u0663 * * * *", "plain ASCII"),
        ("\u00a05 * * * *", "plain ASCII"),
        ("5 *\u3000* * *", "plain ASCII"),
        ("5 *\n* * *", "one line"),
        ("5 * * * *\x00", "one line"),
        ("\ud800 * * * *", "plain ASCII"),
        ("9" * 5000, "exceeds 255"),
    ],
)
def test_refused(written, told):
    with pytest.raises(InvalidTrigger) as refusal:
        validate(written)
    assert told in str(refusal.value)
    assert isinstance(refusal.value, ValueError)


@pytest.mark.parametrize("other", [None, 5, b"* * * * *", ["*"], {}, object(), 1.5, True])
def test_only_text_is_an_expression(other):
    with pytest.raises(InvalidTrigger, match="is a str, not"):
        validate(other)


def test_messages_are_short_and_harmless():
    with pytest.raises(InvalidTrigger) as refusal:
        validate("\x1b[31m\r\n" + "x" * 10_000)
    assert len(str(refusal.value)) < 200
    assert str(refusal.value).replace("…", "").isascii()
    assert str(refusal.value).isprintable()


@pytest.mark.parametrize(
    ("expression", "wildcard"),
    [
        ("* 2 * * *", True),
        ("0 * * * *", True),
        ("@hourly", True),
        ("0 */2 * * *", True),
        ("*/10,3 2 * * *", True),
        ("@daily", False),
        ("0 0-23 * * *", False),
        ("3,*/10 2 * * *", False),
        ("0 2 * * *", False),
    ],
)
def test_wildcard_or_fixed_time(expression, wildcard):
    assert is_wildcard(expression) is wildcard


@pytest.mark.parametrize(
    ("expression", "numbers"),
    [
        ("0 0 * * 5-7", "0 0 * * 0,5,6"),
        ("0 0 * * 1-7/2", "0 0 * * 0,1,3,5"),
        ("0 0 * * 0-7", "0 0 * * 0,1,2,3,4,5,6"),
        ("0 0 * JAN-MAR/2 SUN", "0 0 * 1,3 0"),
        ("59-59 * */2,7 * *", "59 * */2,7 * *"),
        ("*,5 5,* * * *", f"* {','.join(map(str, range(24)))} * * *"),
    ],
)
def test_spelled_out(expression, numbers):
    assert spelled_out(validate(expression)) == numbers


@given(st.data())
def test_spelling_out_changes_nothing(data):
    item = st.one_of(
        st.just("*"),
        st.integers(1, 7).map("*/{}".format),
        st.tuples(st.integers(1, 3), st.integers(4, 7), st.integers(1, 4)).map(
            lambda numbers: "{}-{}/{}".format(*numbers)
        ),
        st.integers(1, 7).map(str),
    )
    column = st.lists(item, min_size=1, max_size=4).map(",".join)
    expression = " ".join(data.draw(column) for _ in range(5))
    before, after = Matcher(expression), Matcher(spelled_out(validate(expression)))
    assert vars(before) == vars(after)


cron_like = st.text("0123456789*/,-?#LWHR~@ \tMONJAfri", max_size=40)
columns = st.lists(cron_like, min_size=5, max_size=5).map(" ".join)


@settings(max_examples=500)
@given(st.one_of(cron_like, columns, st.text(), st.binary(), st.integers(), st.none()))
@example("*/" * 127)
@example("1-" * 127)
@example("," * 255)
@example(",".join(["0-59"] * 48) + " * * * *")
@example("/" * 100_000)
@example(" " * 1_000_000)
@example("9" * 1_000_000)
@example("1," * 200_000 + "1 * * * *")
def test_nothing_but_invalid_trigger_and_never_slow(anything):
    start = time.perf_counter()
    try:
        normalised = validate(anything)
    except InvalidTrigger:
        pass
    else:
        assert validate(normalised) == normalised
    assert time.perf_counter() - start < BUDGET
