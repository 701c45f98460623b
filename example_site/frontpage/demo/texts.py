"""The articles of the demo (title, summary, text), its mails and its pictures."""

# ruff: noqa: RUF001 - articles have apostrophes

PUBLISHED = [
    (
        "How to read a tide table",
        "Two highs, two lows, and fifty minutes later tomorrow.",
        "A tide table is a promise made a year ahead. Nobody prints “about noon” in one.",
    ),
    (
        "The keeper’s logbook",
        "Every lamp lit, every lamp missed, and why.",
        "A gap in the log was worse than a dark night: of a dark night you could read the reason.",
    ),
]

COMING = [
    (
        "Why lighthouses blink",
        "A light that never changes could be anybody’s kitchen.",
        "Each lamp has a rhythm of its own, so a sailor who counts the seconds knows which it is.",
    ),
    (
        "The hour that happens twice",
        "In autumn there are two half past ones, and only one of them is yours.",
        "Whoever plans something for that hour should say which of the two is meant, or neither.",
    ),
    (
        "A bell every half hour",
        "Ships kept time by sand, and kept the sand honest by turning it on the stroke.",
        "Eight bells ended a watch. The glass was turned by the one who would be blamed for it.",
    ),
    (
        "Fog signals, an apology",
        "Every thirty seconds, all night, for your own good.",
        "We are told that the new horn is heard eleven miles inland. We have no lower setting.",
    ),
    (
        "The night that skipped an hour",
        "In spring the clock jumps, and half past two does not take place.",
        "A lamp that should be lit at half past two is lit at three, once, and noted in the log.",
    ),
    (
        "On arriving late but once",
        "A boat that is late is a nuisance. A boat that arrives twice is a problem.",
        "The harbour master’s rule: write the arrival down before you wave, and wave only once.",
    ),
    (
        "Spring tides, neap tides",
        "Sun and moon pull together, then apart.",
        "After the new moon and the full one, the sea comes furthest up and goes furthest out.",
    ),
    (
        "Letters by lamp",
        "Long, short, long: a slow way to say that all is well.",
        "The post boat is faster. But the lamp works in weather that keeps the boat in.",
    ),
]

MESSAGES = [
    ("Ada Rowe", "ada@harbour.example", "The tide table for March", "May I reprint it?"),
    ("Tom Weir", "tom@pilots.example", "Your horn", "We can hear it. Thank you, I suppose."),
    (
        "Ines Faro",
        "ines@faro.example",
        "A correction",
        "Our lamp blinks every ten seconds, not nine.",
    ),
]

SCENES = ["First light", "Noon swell", "The blue hour", "Storm from the west"]
