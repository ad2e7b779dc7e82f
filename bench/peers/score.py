"""What tracks are worth: error over the bound, normalised error, coverage; GOSPA, switches and completeness of a raid."""

import math

import numpy as np
from scipy.optimize import linear_sum_assignment

from scene import Bound

AGES_S = (10, 30, 60, 120)
CUT_OFF_M = 3000.0
# Squared distance that holds 50, 90, 99 % of a normal deviate of three dimensions. Abramowitz & Stegun, table 26.8.
HOLDS = {50: 2.366, 90: 6.251, 99: 11.345}


class Single:
    """Errors of the one object's track over many runs."""

    def __init__(self):
        self.squares = {age: [[], []] for age in AGES_S}
        self.held = {share: 0 for share in HOLDS}
        self.normalised = []
        self.without = 0
        self.asked = 0

    def take(self, radar, scans, tracks):
        bound, first_s = Bound(radar), None
        for scan in scans:
            if not scan.truth:
                continue
            (name, truth), = scan.truth.items()
            bound.advance(scan.time_s, truth)
            if name in scan.seen:
                bound.see(truth)
                first_s = scan.time_s if first_s is None else first_s
            if first_s is None:
                continue
            age = round(scan.time_s - first_s)
            if age < AGES_S[0]:
                continue
            self.asked += 1
            least = bound.covariance()
            here = tracks.get(scan.time_s, [])
            if least is None or not here:
                self.without += 1
                continue
            _, state, covariance = min(here, key=lambda track: np.linalg.norm(track[1][:3] - truth[:3]))
            error = state - truth
            self.normalised.append(error @ np.linalg.solve(covariance, error))
            position = error[:3] @ np.linalg.solve(covariance[:3, :3], error[:3])
            for share, holds in HOLDS.items():
                self.held[share] += position <= holds
            if age in self.squares:
                for part, at in enumerate((slice(0, 3), slice(3, 6))):
                    self.squares[age][part].append((error[at] @ error[at], np.trace(least[at, at])))

    def ratio(self, age, part):
        pairs = np.array(self.squares[age][part])
        if len(pairs) == 0:
            return math.nan
        return math.sqrt(pairs[:, 0].sum() / pairs[:, 1].sum())

    def coverage(self, share):
        return self.held[share] / max(1, len(self.normalised))


def raid(scans, tracks):
    """Switches, completeness and mean GOSPA (p 2, alpha 2, c 3 km) by optimal matching in each scan."""
    last, switches, covered, matched_count, gospas, missed, extra = {}, 0, 0, 0, [], 0, 0
    for scan in scans:
        if not scan.truth:
            continue
        names, truths = list(scan.truth), np.array([state[:3] for state in scan.truth.values()])
        here = tracks.get(scan.time_s, [])
        covered += len(names)
        pairs, squares = [], 0.0
        if here:
            places = np.array([state[:3] for _, state, _ in here])
            costs = np.sum((truths[:, None, :] - places[None, :, :]) ** 2, axis=2)
            costs = np.minimum(costs, CUT_OFF_M**2)
            rows, columns = linear_sum_assignment(costs)
            pairs = [(r, c) for r, c in zip(rows, columns) if costs[r, c] < CUT_OFF_M**2]
            squares = sum(costs[r, c] for r, c in pairs)
        unmatched = len(names) + len(here) - 2 * len(pairs)
        missed += len(names) - len(pairs)
        extra += len(here) - len(pairs)
        gospas.append(math.sqrt(squares + CUT_OFF_M**2 / 2 * unmatched))
        matched_count += len(pairs)
        for row, column in pairs:
            name, identity = names[row], here[column][0]
            switches += last.get(name, identity) != identity
            last[name] = identity
    return {
        "switches": switches,
        "completeness": matched_count / max(1, covered),
        "gospa_m": float(np.mean(gospas)) if gospas else math.nan,
        "missed": missed / max(1, len(gospas)),
        "extra": extra / max(1, len(gospas)),
    }
