"""Say what is known of a million distinct addresses, and print the median seconds as JSON."""

import json
import time
from ipaddress import IPv4Address, IPv6Address
from statistics import median

import numpy as np

ADDRESSES, IPV6_SHARE, SEED, TIMES = 1_000_000, 0.1, 20261123, 3

if __name__ == "__main__":
    from flowkit.addresses import facts, knowledge

    rng = np.random.default_rng(SEED)
    v6 = int(ADDRESSES * IPV6_SHARE)
    numbers = np.unique(rng.integers(1 << 24, 1 << 32, 2 * ADDRESSES, dtype=np.uint64))
    ipv4 = [str(IPv4Address(int(n))) for n in rng.permutation(numbers)[: ADDRESSES - v6]]
    ipv6 = [str(IPv6Address((0x2600 << 112) + int(n))) for n in rng.integers(1, 1 << 62, v6)]
    texts, known = ipv4 + ipv6, knowledge(inside=["10.0.0.0/8"])
    seconds = []
    for _ in range(TIMES):
        begun = time.perf_counter()
        facts(texts, known)
        seconds.append(time.perf_counter() - begun)
    print(json.dumps({"addresses": len(set(texts)), "seconds": median(seconds)}))
