"""The demonstration city: residents, facilities and histories that never were, the same for the same seed.

Nobody here exists. Names are drawn by chance from the commonest words of Vietnamese names; every telephone number starts
with 057, a prefix no operator holds, and every citizen number has a serial from 900000 up, which a province's births of
one sex and year do not reach (both from memory of the numbering plans, to be verified). Facilities carry "(mẫu)" in their
names and an M in their codes, and every page shows the demonstration banner.
"""
