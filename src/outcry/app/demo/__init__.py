"""`outcry demo`: a market that lives, made by bots that come through the public doors only.

It starts an exchange in a folder of its own, or joins one that an earlier demo made there, lists
events, funds bots, lets them trade, shows what happens, and ends with a summary and a verification.
A venue that no demo made is never touched. Bots use `outcry_sdk` and nothing else of the exchange.
"""
