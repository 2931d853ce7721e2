"""`outcry replay`: a day of real markets, traded again by bots and settled from the real feed.

A venue of its own on a manual clock, bots in lockstep that come through the public doors, and a
report that says how what was traded compares with what happened. What bots do depends on the files
alone, so a second run gives the same report, and so does one that was killed and started again.

=============  ========================================================================
`inputs`       the two files
`rule`         what a market pays, by the feed
`fair`         what an outcome is worth before that
`bots`         who wants what at which step
`timeline`     when what happens
`venue`        the exchange that is started for it
`past`         what an earlier run did already
`floor`        carrying it out
`figures`      what the exchange tells afterwards
`summary`      the figures of the report, `text` and `html` how they are shown
=============  ========================================================================
"""
