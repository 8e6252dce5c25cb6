"""What records mean: whose conversation each belongs to, who opened it, and whether it counts.

Made once after loading from the records alone, as Ibis expressions, and stored beside them; every
question about traffic then reads it. The steps, each in a module of its own:

- `ends`: true ends, interfaces and times of each record, as numbers
- `roles`: which end is the client, and by which rule
- `counted`: of the same traffic seen at several interfaces, which record counts
- `stitched`: where on one tuple a conversation ends and another begins
- `facts`: the steps in order, and what becomes of them
"""
