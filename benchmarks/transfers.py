"""How near the cost of data transfer comes to what generated networks really cost.

``python -m benchmarks.transfers SEED…`` prints, for what each kind of log and inventory knows, the greatest error of a
cause that can be told, and whether the sum lies in the range.
"""

import sys
import tempfile
import time
from pathlib import Path

import flowkit as fk
from flowkit.training.transfers import KNOWS, Case, case, found


def load(asked: Case, folder: Path) -> fk.Flows:
    """Load a case as its user would."""
    described = folder / "snapshot"
    described.mkdir()
    log = folder / "flows.log"
    log.write_text(asked.log)
    for name, content in asked.snapshot.items():
        (described / name).write_bytes(content)
    return fk.load(log, case=folder / "kept", **({"inventory": described} if asked.snapshot else {}))


def main(seeds: list[str]) -> None:
    """Print a line for each seed and kind of knowledge."""
    began = time.perf_counter()
    for knows in KNOWS:
        worst, outside, width = 0.0, 0, 0.0
        for seed in seeds:
            asked = case(seed, knows)
            with tempfile.TemporaryDirectory() as folder:
                told = found(fk.analysis.data_transfer_cost(load(asked, Path(folder))))
            truth = sum(asked.usd.values())
            low, likely, high = (sum(one[n] for one in told.values()) for n in range(3))
            outside += not low * 0.99 <= truth <= high * 1.01
            width = max(width, (high - low) / truth)
            causes = {*asked.usd, *told}
            errors = {c: abs(told.get(c, (0, 0, 0))[1] - asked.usd.get(c, 0)) / truth for c in causes}
            worst = max(worst, *errors.values())
            print(f"{knows:<10} {seed:<8} truth {truth:.4f} low {low:.4f} likely {likely:.4f} high {high:.4f} USD")
        print(
            f"{knows}: {len(seeds)} networks; greatest error of a cause {worst:.2%} of the sum; "
            f"sum outside its range {outside}; widest range {width:.0%} of the sum\n",
            flush=True,
        )
    print(f"{time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main(sys.argv[1:] or ["1", "2", "3"])
