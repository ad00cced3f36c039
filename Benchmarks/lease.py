"""What leases cost: the same simulated day without and with leases of several lengths, in virtual time.

The core and the matching engine are the real ones, the market is seeded: the same seeds give the same figures. Several
days are added up, because what one day earns or misses is luck.
"""

import json
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor

from daemon import BENCH

LEASES = {"off": 0, "5m": 300, "30m": 1800, "2h": 7200}


def day(seconds, seed):
    text = subprocess.run(
        [BENCH, "lease", str(seconds), str(seed)], check=True, stdout=subprocess.PIPE, text=True).stdout
    return json.loads(text)


def run(seeds):
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        rows = {
            name: [pool.submit(day, seconds, seed) for seed in range(1, 1 + seeds)]
            for name, seconds in LEASES.items()
        }
        rows = {name: [future.result() for future in days] for name, days in rows.items()}
    without = rows["off"]
    for name, days in rows.items():
        def total(key, of=days):
            return sum(day[key] for day in of)

        def mean(key):
            return total(key) / seeds
        renewals = max(1, total("renewals") + total("lapsed"))
        resting = mean("resting")
        print(json.dumps({"lease": {
            "lease": name, "days": seeds, "orders": round(resting),
            "placements": round(mean("placements")), "cancels": round(mean("cancels")),
            "queries": round(mean("queries")), "renewals": round(mean("renewals")), "lapsed": round(mean("lapsed")),
            "requests_per_second": round((mean("placements") + mean("cancels") + mean("queries")) / 86_400, 4),
            "fills": round(mean("fills")),
            "volume_change_percent": round(100 * (total("filled_usd") / total("filled_usd", without) - 1), 2),
            "without_an_order_ms": max(day["bare_ms_median"] for day in days),
            "without_an_order_percent": round(total("bare_ms_sum") / (seeds * max(1, resting) * 864_000), 4),
            "queue_before_btc": round(sum(float(d["queue_before"]) * d["renewals"] for d in days) / renewals, 4),
            "queue_after_btc": round(sum(float(d["queue_after"]) * d["renewals"] for d in days) / renewals, 4),
            "result_change_usd": round(mean("result_usd") - sum(d["result_usd"] for d in without) / seeds, 2),
        }}), flush=True)
