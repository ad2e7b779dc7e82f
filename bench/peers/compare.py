"""Watchfire, Stone Soup and FilterPy on the same plot files in the same run, side by side.

Each is timed by the processor's clock around its own work: plots in, tracks out. A peer that would take too long on R100
gets a share of its scans, and on S0 and S0c fewer runs, which is said; Watchfire's figures on the same share stand below
it.
"""

import argparse
import glob
import json
import os
import subprocess
import tempfile
import time

import score
from kalman import FilterPy
from scene import read, read_tracks
from soup import StoneSoup

PEERS = {
    "Stone Soup EKF, GNN": lambda radar: StoneSoup(radar, "EKF", joint=False),
    "Stone Soup UKF, GNN": lambda radar: StoneSoup(radar, "UKF", joint=False),
    "Stone Soup UKF, JPDA": lambda radar: StoneSoup(radar, "UKF", joint=True),
    "FilterPy EKF, GNN": lambda radar: FilterPy(radar, "EKF"),
    "FilterPy UKF, GNN": lambda radar: FilterPy(radar, "UKF"),
}


def follow(make, radar, scans, limit_s):
    """Tracks by time, scans done, plots done, and processor time."""
    tracker, tracks, plots, began = make(radar), {}, 0, time.process_time()
    for done, scan in enumerate(scans, 1):
        tracks[scan.time_s] = tracker.scan(scan.time_s, scan.plots)
        plots += len(scan.plots)
        if time.process_time() - began > limit_s:
            break
    return tracks, done, plots, time.process_time() - began


def line(name, parts):
    print(f"{name:40}" + "".join(f"{part:>10}" for part in parts))


def singles(title, stems, own, peers, limit_s):
    print(f"\n{title}: RMS error over the Cramér-Rao bound; share of positions in their ellipsoid")
    ages = [f"{age} s" for age in score.AGES_S]
    columns = [f"pos {age}" for age in ages] + [f"vel {age}" for age in ages]
    line("", ["runs"] + columns + ["50 %", "90 %", "99 %", "NEES", "no track"])
    scenes = [read(stem) for stem in stems]

    def show(name, runs, tracks_of):
        single = score.Single()
        for (radar, scans), stem in zip(scenes[:runs], stems):
            single.take(radar, scans, tracks_of(radar, stem))
        ratios = [f"{single.ratio(age, part):.2f}" for part in (0, 1) for age in score.AGES_S]
        held = [f"{100 * single.coverage(share):.1f}" for share in score.HOLDS]
        nees = sum(single.normalised) / max(1, len(single.normalised))
        line(name, [runs] + ratios + held + [f"{nees:.2f}", f"{single.without / max(1, single.asked):.3f}"])

    def show_own(runs, note):
        for name, (kind, _) in own.items():
            show(f"{name}{note}", runs, lambda radar, stem: read_tracks(f"{stem}.{kind}.tracks.csv", radar))

    show_own(len(stems), "")
    for name, make in peers.items():
        followed, spent_s = {}, 0.0
        for (radar, scans), stem in zip(scenes, stems):
            followed[stem], _, _, took_s = follow(make, radar, scans, float("inf"))
            spent_s += took_s
            if spent_s > limit_s:
                break
        show(name, len(followed), lambda radar, stem: followed[stem])
        if len(followed) < len(stems):
            show_own(len(followed), ", same runs")


def raids(stem, peers, own, limit_s):
    radar, scans = read(stem)
    plots = sum(len(scan.plots) for scan in scans)
    print(f"\nR100, {len(scans)} scans, {plots} plots; GOSPA p 2, alpha 2, c 3 km; one core by the processor's clock")
    line("", ["plots/s", "share", "GOSPA m", "switches", "complete", "missed", "too many"])

    def show(name, speed, done, tracks):
        found = score.raid(scans[:done], tracks)
        line(name, [
            f"{speed:,.0f}" if speed else "",
            f"{done / len(scans):.2f}",
            f"{found['gospa_m']:.0f}",
            found["switches"],
            f"{found['completeness']:.3f}",
            f"{found['missed']:.2f}",
            f"{found['extra']:.2f}",
        ])

    ours = {name: read_tracks(f"{stem}.{kind}.tracks.csv", radar) for name, (kind, _) in own.items()}
    for name, (_, speed) in own.items():
        show(name, speed, len(scans), ours[name])
    for name, make in peers.items():
        tracks, done, plots, took_s = follow(make, radar, scans, limit_s)
        show(name, plots / took_s, done, tracks)
        if done < len(scans):
            for own_name, own_tracks in ours.items():
                show(f"{own_name}, same share", None, done, own_tracks)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--watchfire", required=True, help="the watchfire binary")
    arguments.add_argument("--runs", type=int, default=20, help="runs of S0 and of S0c, at most 40 (20)")
    arguments.add_argument("--limit", type=float, default=60.0, help="processor seconds for a peer on each scenario (60)")
    arguments.add_argument("--seed", type=int, default=1, help="first seed (1)")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="watchfire-peers-") as folder:
        command = [given.watchfire, "bench", "track", "--files", folder, "--seed", str(given.seed), "--json"]
        lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
        speeds = {figure["name"]: figure["measured"] for figure in map(json.loads, lines)}
        print(f"seeds from {given.seed}; objects seen above the air; the same motion, radar and gate (99.9 %) for all")
        own = {
            f"Watchfire, {name}": (kind, next(speed for key, speed in speeds.items() if name in key))
            for name, kind in (("coasting filter", "coasting"), ("all models", "all"))
        }
        raids(os.path.join(folder, f"r100-{given.seed}"), PEERS, own, given.limit)
        for title, prefix in (("S0", "s0"), ("S0c", "s0c")):
            found = sorted(glob.glob(os.path.join(folder, f"{prefix}-*.truth.csv")))
            singles(title, [path.removesuffix(".truth.csv") for path in found][: given.runs], own, PEERS, given.limit)


if __name__ == "__main__":
    main()
