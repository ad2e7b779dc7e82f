"""FilterPy 2.0 with SciPy's assignment: FilterPy has filters and no tracker, so the tracker around them is the usual one.

Filters as its documentation sets them up: ExtendedKalmanFilter with predict_x overridden for a motion that is not linear,
UnscentedKalmanFilter with MerweScaledSigmaPoints (alpha 0.1, beta 2, kappa 3 − n). Plots go to tracks by
linear_sum_assignment on the gated squared distances, confirmed tracks first; what is left starts a track with an unknown
velocity, confirmed with its fourth plot, given up after two scans without one (confirmed: five).
"""

import numpy as np
from filterpy.kalman import ExtendedKalmanFilter, MerweScaledSigmaPoints, UnscentedKalmanFilter, unscented_transform
from scipy.optimize import linear_sum_assignment

from scene import located, measured, measured_by, process_noise

GATE = 16.27
CONFIRMED_POINTS = 4
TENTATIVE_SCANS, LOST_SCANS = 2, 5
SPEED_SIGMA_MPS = 2000.0


def start(plot, radar):
    """State and covariance of one plot: its place, and nothing of its velocity but what is possible."""
    state = np.concatenate([located(plot), np.zeros(3)])
    back = np.linalg.inv(measured_by(state)[:, :3])
    covariance = np.diag([0.0] * 3 + [SPEED_SIGMA_MPS**2] * 3)
    covariance[:3, :3] = back @ radar.noise @ back.T
    return state, covariance


class Extended(ExtendedKalmanFilter):
    def __init__(self, plot, radar):
        super().__init__(dim_x=6, dim_z=3)
        self.radar, self.R = radar, radar.noise
        state, self.P = start(plot, radar)
        self.x = state[:, None]
        self.dt = 1.0

    def predict_x(self, u=0):
        self.x = self.radar.move(self.x, self.dt)

    def ahead(self, dt):
        """Predicts; the expected plot and its covariance."""
        self.dt, self.F, self.Q = dt, self.radar.transition(self.x[:, 0], dt), process_noise(dt)
        self.predict()
        by = measured_by(self.x[:, 0])
        return measured(self.x)[:, 0], by @ self.P @ by.T + self.R

    def take(self, plot):
        self.update(plot[:, None], lambda x: measured_by(x[:, 0]), measured)

    def now(self):
        return self.x[:, 0].copy(), self.P.copy()


class Unscented(UnscentedKalmanFilter):
    def __init__(self, plot, radar):
        points = MerweScaledSigmaPoints(6, alpha=0.1, beta=2.0, kappa=-3.0)
        super().__init__(
            dim_x=6,
            dim_z=3,
            dt=1.0,
            hx=lambda state: measured(state[:, None])[:, 0],
            fx=lambda state, dt: radar.move(state[:, None], dt)[:, 0],
            points=points,
        )
        self.R = radar.noise
        self.x, self.P = start(plot, radar)

    def ahead(self, dt):
        self.Q = process_noise(dt)
        self.predict(dt)
        expected = measured(self.sigmas_f.T).T
        return unscented_transform(expected, self.Wm, self.Wc, self.R)

    def take(self, plot):
        self.update(plot)

    def now(self):
        return self.x.copy(), self.P.copy()


class One:
    def __init__(self, number, kind, plot, radar):
        self.number, self.filter, self.plots, self.missed = number, kind(plot, radar), 1, 0
        self.expected = None


class FilterPy:
    """Scans in, confirmed tracks out."""

    def __init__(self, radar, filter_name):
        self.radar, self.kind = radar, Extended if filter_name == "EKF" else Unscented
        self.tracks, self.count, self.time_s = [], 0, None

    def scan(self, time_s, plots):
        dt = 0.0 if self.time_s is None else time_s - self.time_s
        self.time_s = time_s
        for track in self.tracks:
            track.expected = track.filter.ahead(dt)
        plots = np.array(plots).reshape(-1, 3)
        open_plots = np.ones(len(plots), dtype=bool)
        firm = [track for track in self.tracks if track.plots >= CONFIRMED_POINTS]
        tentative = [track for track in self.tracks if track.plots < CONFIRMED_POINTS]
        for group in (firm, tentative):
            self.associate(group, plots, open_plots)
        self.tracks = [
            track
            for track in self.tracks
            if track.missed <= (LOST_SCANS if track.plots >= CONFIRMED_POINTS else TENTATIVE_SCANS)
        ]
        for plot in plots[open_plots]:
            self.count += 1
            self.tracks.append(One(self.count, self.kind, plot, self.radar))
        return [(track.number, *track.filter.now()) for track in self.tracks if track.plots >= CONFIRMED_POINTS]

    def associate(self, group, plots, open_plots):
        left = np.flatnonzero(open_plots)
        costs = np.full((len(group), len(left)), 1e6)
        for row, track in enumerate(group):
            expected, covariance = track.expected
            away = plots[left] - expected
            distance = np.sum(away * np.linalg.solve(covariance, away.T).T, axis=1)
            inside = distance < GATE
            # Minus twice the logarithm of the likelihood, so that wide tracks don't take from narrow ones.
            costs[row, inside] = distance[inside] + np.linalg.slogdet(covariance)[1]
        rows, columns = linear_sum_assignment(costs) if costs.size else ((), ())
        matched = set()
        for row, column in zip(rows, columns):
            if costs[row, column] < 1e6:
                track = group[row]
                track.filter.take(plots[left[column]])
                track.plots, track.missed = track.plots + 1, 0
                open_plots[left[column]] = False
                matched.add(row)
        for row, track in enumerate(group):
            if row not in matched:
                track.missed += 1
