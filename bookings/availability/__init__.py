"""Which times are free, as arithmetic: no Django, no query, no clock.

`intervals` is stretches of time; `rules` turns local hours into UTC, and nothing else does;
`recurrence` reads RFC 5545 rules; `closures` is what stands over a usual week (time off, the
hours of one date, public holidays); `terms` is what the engine is told, `engine` offers starts
and checks them, `reasons` is why one is refused.
"""
