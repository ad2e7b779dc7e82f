"""Stone Soup 1.9, set up as its documentation does.

- Tutorial 9 (initiators and deleters): the loop, MultiMeasurementInitiator with its own associator and deleter,
  GNNWith2DAssignment. The k-d tree of detections in front of the associator is its documented way to keep many tracks
  affordable.
- Tutorials 2 and 3: extended and unscented Kalman filters for CartesianToElevationBearingRange. The gravity model is a
  transition model of ours, as the documentation foresees, with its derivative for the extended filter.
- Tutorials 7 and 8 and the EHM example: PDAHypothesiser with the clutter's density for every associator, the
  initiator's too (by distance alone, as in Tutorial 9, wide tracks take plots from narrow ones); JPDAwithEHM2.
"""

from datetime import datetime, timedelta

import numpy as np
from stonesoup.base import Property
from stonesoup.dataassociator.probability import JPDAwithEHM2
from stonesoup.dataassociator.tree import DetectionKDTreeGNN2D, DetectionKDTreeMixIn
from stonesoup.deleter.time import UpdateTimeStepsDeleter
from stonesoup.functions import gm_reduce_single
from stonesoup.gater.distance import DistanceGater
from stonesoup.hypothesiser.probability import PDAHypothesiser
from stonesoup.initiator.simple import MultiMeasurementInitiator
from stonesoup.measures import Mahalanobis
from stonesoup.models.base import TimeVariantModel
from stonesoup.models.measurement.nonlinear import CartesianToElevationBearingRange
from stonesoup.models.transition.nonlinear import GaussianTransitionModel
from stonesoup.predictor.kalman import ExtendedKalmanPredictor, UnscentedKalmanPredictor
from stonesoup.types.array import CovarianceMatrix, StateVector, StateVectors
from stonesoup.types.detection import Detection
from stonesoup.types.state import GaussianState
from stonesoup.types.update import GaussianStateUpdate
from stonesoup.updater.kalman import ExtendedKalmanUpdater, UnscentedKalmanUpdater

from scene import measured_by, process_noise

START = datetime(2026, 1, 1)
GATE = 16.27**0.5
CONFIRMED_POINTS = 4
LOST_SCANS = 5
SPEED_SIGMA_MPS = 2000.0
# What the k-d tree may leave out, in its own space, where range (m) outweighs the angles: far outside any gate.
NEAR_M, NEAR_UNSURE_M = 2_000.0, 10_000.0


class Gravity(GaussianTransitionModel, TimeVariantModel):
    """Gravity alone, with white acceleration."""

    radar: object = Property(doc="The radar whose frame it is")

    @property
    def ndim_state(self):
        return 6

    def function(self, state, noise=False, **kwargs):
        states = np.asarray(state.state_vector, dtype=float)
        moved = self.radar.move(states, kwargs["time_interval"].total_seconds())
        return moved.view(StateVectors) if states.shape[1] > 1 else moved.view(StateVector)

    def jacobian(self, state, **kwargs):
        at = np.asarray(state.mean if hasattr(state, "mean") else state.state_vector, dtype=float).ravel()
        return self.radar.transition(at, kwargs["time_interval"].total_seconds())

    def covar(self, time_interval, **kwargs):
        return CovarianceMatrix(process_noise(time_interval.total_seconds()))


class Spherical(CartesianToElevationBearingRange):
    """The documented model, with its derivative in closed form instead of by differences."""

    def jacobian(self, state, **kwargs):
        at = np.asarray(state.mean if hasattr(state, "mean") else state.state_vector, dtype=float).ravel()
        return measured_by(at)


class DetectionKDTreeJPDAwithEHM2(DetectionKDTreeMixIn, JPDAwithEHM2):
    """As the documentation's KDTreePDA and KDTreeJPDA are made."""


class StoneSoup:
    """Scans in, confirmed tracks out."""

    def __init__(self, radar, filter_name, joint):
        self.model = Spherical(ndim_state=6, mapping=(0, 1, 2), noise_covar=CovarianceMatrix(radar.noise))
        gravity = Gravity(radar=radar)
        if filter_name == "EKF":
            predictor, self.updater = ExtendedKalmanPredictor(gravity), ExtendedKalmanUpdater(self.model)
        else:
            predictor, self.updater = UnscentedKalmanPredictor(gravity), UnscentedKalmanUpdater(self.model)
        # Weighs by likelihood, so that wide tracks don't take plots from narrow ones; gated as everybody's.
        density = max(radar.clutter_mean, 1e-3) / radar.volume
        probable = PDAHypothesiser(
            predictor, self.updater, clutter_spatial_density=density, prob_detect=radar.pd, prob_gate=0.999
        )
        gated = DistanceGater(probable, measure=Mahalanobis(), gate_threshold=GATE)

        def tree(kind, distance):
            return kind(gated, predictor=predictor, updater=self.updater, max_distance=distance)

        self.joint = joint
        self.associator = tree(DetectionKDTreeJPDAwithEHM2 if joint else DetectionKDTreeGNN2D, NEAR_M)
        # It counts the time of the last plot too: five scans without one are kept, as by everybody.
        self.deleter = UpdateTimeStepsDeleter(LOST_SCANS + 1)
        prior = GaussianState(np.zeros((6, 1)), np.diag([0.0] * 3 + [SPEED_SIGMA_MPS**2] * 3))
        self.initiator = MultiMeasurementInitiator(
            prior_state=prior,
            measurement_model=self.model,
            deleter=UpdateTimeStepsDeleter(3),
            data_associator=tree(DetectionKDTreeGNN2D, NEAR_UNSURE_M),
            updater=self.updater,
            min_points=CONFIRMED_POINTS,
        )
        self.tracks = set()

    def scan(self, time_s, plots):
        timestamp = START + timedelta(seconds=time_s)
        detections = {
            Detection(
                StateVector([[plot[0]], [plot[1]], [plot[2]]]), timestamp=timestamp, measurement_model=self.model
            )
            for plot in plots
        }
        hypotheses = self.associator.associate(self.tracks, detections, timestamp)
        used = set()
        for track, chosen in hypotheses.items():
            used |= self.update(track, chosen)
        self.tracks -= self.deleter.delete_tracks(self.tracks)
        self.tracks |= self.initiator.initiate(detections - used, timestamp)
        return [
            (track.id, np.asarray(track.state_vector, dtype=float).ravel(), np.asarray(track.covar, dtype=float))
            for track in self.tracks
        ]

    def update(self, track, chosen):
        """As MultiTargetTracker does, and MultiTargetMixtureTracker with joint association."""
        if not self.joint:
            if not chosen:
                track.append(chosen.prediction)
                return set()
            track.append(self.updater.update(chosen))
            return {chosen.measurement}
        states, weights, used = [], [], set()
        for one in chosen:
            weights.append(float(one.probability))
            if one:
                states.append(self.updater.update(one))
                used.add(one.measurement)
            else:
                states.append(one.prediction)
        if not used:
            track.append(chosen[0].prediction)
            return set()
        means = StateVectors([state.state_vector for state in states])
        covariances = np.stack([state.covar for state in states], axis=2)
        mean, covariance = gm_reduce_single(means, covariances, np.asarray(weights))
        track.append(GaussianStateUpdate(mean, covariance, chosen, states[0].timestamp))
        return used
