"""Plot files, truth files, the radar's frame, motion in it, and the Cramér-Rao bound.

The frame: origin at the radar, x along the boresight (the middle of its sector) on the ellipsoid's horizon, y to the left
of it, z up; it turns with the Earth. A plot is (elevation, bearing, range), bearing counted from x to y, so that no angle
wraps inside the sector. Motion is gravity with J2, Coriolis and centrifugal acceleration (Vallado 2013, equation 8-30):
the same that every tracker here is given.
"""

import csv
import json
import math
from dataclasses import dataclass

import numpy as np

GM = 3.986004418e14
A = 6378137.0
FLATTENING = 1 / 298.257223563
J2 = 1.08262668e-3
OMEGA = 7.292115e-5

# Power of unmodelled acceleration, m²/s³: Watchfire's own, given to each.
ACCELERATION_PSD = 1e-4


class Radar:
    """Where it stands, how well it measures, and its frame."""

    def __init__(self, sensor):
        latitude, longitude = math.radians(sensor["lat_deg"]), math.radians(sensor["lon_deg"])
        eccentricity2 = FLATTENING * (2 - FLATTENING)
        normal = A / math.sqrt(1 - eccentricity2 * math.sin(latitude) ** 2)
        height = sensor["alt_m"]
        self.origin = np.array([
            (normal + height) * math.cos(latitude) * math.cos(longitude),
            (normal + height) * math.cos(latitude) * math.sin(longitude),
            (normal * (1 - eccentricity2) + height) * math.sin(latitude),
        ])
        east = np.array([-math.sin(longitude), math.cos(longitude), 0.0])
        north = np.array([
            -math.sin(latitude) * math.cos(longitude),
            -math.sin(latitude) * math.sin(longitude),
            math.cos(latitude),
        ])
        first, last = sensor["volume"]["az_rad"]
        self.boresight = first + ((last - first) % (2 * math.pi)) / 2
        ahead = math.sin(self.boresight) * east + math.cos(self.boresight) * north
        up = np.cross(east, north)
        # Rows: the frame's axes, Earth-fixed.
        self.axes = np.array([ahead, np.cross(up, ahead), up])
        self.sigmas = np.array([sensor["sigma_el_rad"], sensor["sigma_az_rad"], sensor["sigma_range_m"]])
        self.noise = np.diag(self.sigmas**2)
        self.pd = sensor["pd"]
        self.clutter_mean = sensor["clutter_mean_per_scan"]
        volume = sensor["volume"]
        self.volume = (
            (volume["el_rad"][1] - volume["el_rad"][0])
            * ((last - first) % (2 * math.pi))
            * (volume["range_m"][1] - volume["range_m"][0])
        )

    def plot(self, row):
        """(elevation, bearing, range) of a plot file's row."""
        bearing = (self.boresight - float(row["az_rad"]) + math.pi) % (2 * math.pi) - math.pi
        return np.array([float(row["el_rad"]), bearing, float(row["range_m"])])

    def state(self, fixed):
        """An Earth-fixed state in this frame."""
        return np.concatenate([self.axes @ (fixed[:3] - self.origin), self.axes @ fixed[3:]])

    def covariance(self, fixed):
        """An Earth-fixed covariance in this frame."""
        turn = np.zeros((6, 6))
        turn[:3, :3] = turn[3:, 3:] = self.axes
        return turn @ fixed @ turn.T

    def acceleration(self, position, velocity):
        """Columns of positions and velocities in this frame to accelerations, m/s²."""
        r = self.axes.T @ position + self.origin[:, None]
        v = self.axes.T @ velocity
        r2 = np.sum(r * r, axis=0)
        r1 = np.sqrt(r2)
        z2 = r[2] ** 2 / r2
        oblate = 1.5 * J2 * A * A / r2
        central = -GM / (r2 * r1)
        a = np.empty_like(r)
        a[0] = r[0] * central * (1 + oblate * (1 - 5 * z2)) + 2 * OMEGA * v[1] + OMEGA**2 * r[0]
        a[1] = r[1] * central * (1 + oblate * (1 - 5 * z2)) - 2 * OMEGA * v[0] + OMEGA**2 * r[1]
        a[2] = r[2] * central * (1 + oblate * (3 - 5 * z2))
        return self.axes @ a

    def move(self, states, dt):
        """Columns of states dt seconds later: one step of Runge and Kutta's, good to a millimetre over some seconds."""
        p, v = states[:3], states[3:]
        a1 = self.acceleration(p, v)
        v2 = v + a1 * (dt / 2)
        a2 = self.acceleration(p + v * (dt / 2), v2)
        v3 = v + a2 * (dt / 2)
        a3 = self.acceleration(p + v2 * (dt / 2), v3)
        v4 = v + a3 * dt
        a4 = self.acceleration(p + v3 * dt, v4)
        return np.vstack([
            p + (v + 2 * v2 + 2 * v3 + v4) * (dt / 6),
            v + (a1 + 2 * a2 + 2 * a3 + a4) * (dt / 6),
        ])

    def transition(self, state, dt):
        """Derivative of `move` at one state, second order in dt: the gradient of gravity and Coriolis."""
        r = self.axes.T @ state[:3] + self.origin
        r1 = np.linalg.norm(r)
        gradient = GM / r1**3 * (3 * np.outer(r, r) / r1**2 - np.eye(3)) + np.diag([OMEGA**2, OMEGA**2, 0.0])
        gradient = self.axes @ gradient @ self.axes.T
        turn = np.array([[0, 2 * OMEGA, 0], [-2 * OMEGA, 0, 0], [0, 0, 0.0]])
        turn = self.axes @ turn @ self.axes.T
        phi = np.eye(6)
        phi[:3, :3] += gradient * (dt * dt / 2)
        phi[:3, 3:] += np.eye(3) * dt + turn * (dt * dt / 2)
        phi[3:, :3] += gradient * dt
        phi[3:, 3:] += turn * dt + gradient * (dt * dt / 2)
        return phi


def process_noise(dt):
    """White acceleration of `ACCELERATION_PSD` over dt."""
    one = np.eye(3) * ACCELERATION_PSD
    dt = abs(dt)
    return np.block([[one * dt**3 / 3, one * dt**2 / 2], [one * dt**2 / 2, one * dt]])


def measured(states):
    """Columns of states to columns of (elevation, bearing, range)."""
    x, y, z = states[0], states[1], states[2]
    level = np.hypot(x, y)
    return np.array([np.arctan2(z, level), np.arctan2(y, x), np.hypot(level, z)])


def measured_by(state):
    """Derivative of `measured` at one state: 3 x 6."""
    x, y, z = state[:3]
    level2 = x * x + y * y
    level = math.sqrt(level2)
    range2 = level2 + z * z
    distance = math.sqrt(range2)
    by = np.zeros((3, 6))
    by[0, :3] = [-x * z / (range2 * level), -y * z / (range2 * level), level / range2]
    by[1, :3] = [-y / level2, x / level2, 0.0]
    by[2, :3] = [x / distance, y / distance, z / distance]
    return by


def located(plot):
    """Position of a plot, and its covariance's root: derivative by the plot."""
    el, bearing, distance = plot
    return distance * np.array([
        math.cos(el) * math.cos(bearing),
        math.cos(el) * math.sin(bearing),
        math.sin(el),
    ])


@dataclass
class Scan:
    time_s: float
    plots: list
    # By object: state in the radar's frame; whether it gave a plot.
    truth: dict
    seen: set


def read(stem):
    """A radar and its scans."""
    with open(f"{stem}.sensors.json") as file:
        radar = Radar(json.load(file)["sensors"][0])
    scans = {}
    with open(f"{stem}.truth.csv") as file:
        for row in csv.DictReader(file):
            scan = scans.setdefault(float(row["time_s"]), Scan(float(row["time_s"]), [], {}, set()))
            fixed = np.array([float(row[key]) for key in ("x_m", "y_m", "z_m", "vx_mps", "vy_mps", "vz_mps")])
            scan.truth[row["truth_id"]] = radar.state(fixed)
    with open(f"{stem}.plots.csv") as file:
        for row in csv.DictReader(file):
            scan = scans.setdefault(float(row["time_s"]), Scan(float(row["time_s"]), [], {}, set()))
            scan.plots.append(radar.plot(row))
            if row["truth_id"]:
                scan.seen.add(row["truth_id"])
    return radar, [scans[time_s] for time_s in sorted(scans)]


def read_tracks(path, radar):
    """A track file: {time: [(id, state, covariance)]} in the radar's frame."""
    tracks = {}
    upper = np.triu_indices(6)
    with open(path) as file:
        rows = csv.reader(file)
        next(rows)
        for row in rows:
            numbers = np.array([float(part) for part in row[2:]])
            covariance = np.zeros((6, 6))
            covariance[upper] = numbers[6:]
            covariance = covariance + covariance.T - np.diag(np.diag(covariance))
            tracks.setdefault(float(row[0]), []).append(
                (row[1], radar.state(numbers[:6]), radar.covariance(covariance))
            )
    return tracks


class Bound:
    """The Cramér-Rao bound on the realised detections, no prior: informations carried along the true path, added."""

    def __init__(self, radar):
        self.radar = radar
        self.information = np.zeros((6, 6))
        self.time_s = None

    def advance(self, time_s, truth):
        if self.time_s is not None:
            back = self.radar.transition(truth, self.time_s - time_s)
            self.information = back.T @ self.information @ back
        self.time_s = time_s

    def see(self, truth):
        by = measured_by(truth)
        self.information += by.T @ np.diag(1 / self.radar.sigmas**2) @ by

    def covariance(self):
        diagonal = np.diag(self.information)
        if np.any(diagonal <= 0):
            return None
        scale = 1 / np.sqrt(diagonal)
        unit = self.information * np.outer(scale, scale)
        if np.linalg.eigvalsh(unit)[0] < 1e-13:
            return None
        return np.linalg.inv(unit) * np.outer(scale, scale)
