#include "jpeg/prediction.h"

#include <algorithm>
#include <cmath>

namespace accelir::jpeg {
namespace {

// Of the trellis's file over the guess's: 0.85 to 0.93 on photographs.
constexpr double kTrellisSaving = 0.9;
constexpr double kHeaderBytes = 300;  // tables and headers of a photograph's file
constexpr double kFirstStep = 12.0;
constexpr int kGuesses = 8;
constexpr double kGuessIsNear = 0.08;                         // of log sizes
constexpr double kNearTrellis = 0.02, kNearDeadZone = 0.007;  // the same, from which on the strength does the rest
constexpr int kStepTries = 3;
constexpr double kFlattest = -0.05, kSteepest = -0.6;
constexpr double kProbe = 0.1;  // log strength that is tried at least, so that the slope is seen

// What a file of so many bytes spends on its scans, about.
double scan_bytes(double file, const Settings& settings) {
  const double overhead = static_cast<double>(settings.segments.size()) + kHeaderBytes;
  return std::max(file - overhead, file / 8);
}

float factor(double x) { return static_cast<float>(std::exp(x)); }

}  // namespace

double finest_step(const Settings& s) {
  float largest = 1.0f;
  for (const FloatTable& steps : s.relative_steps)
    largest = std::max(largest, *std::max_element(steps.begin(), steps.end()));
  return kFinestStep / largest;
}

Prediction::Prediction(Sample& sample, const Settings& settings, double bytes)
    : sample_(sample), settings_(settings), aim_(std::log(bytes)), strength_slope_(kUsualStrengthSlope) {}

double Prediction::clamped(double log_step) const {
  return std::clamp(log_step, std::log(finest_step(settings_)), std::log(kCoarsestStep));
}

void Prediction::estimate() {
  const double saving = uses_trellis(settings_) ? kTrellisSaving : 1.0;
  const double aim = std::log(scan_bytes(std::exp(aim_), settings_));
  Secant secant(aim, kStepSlope);
  log_step_ = std::log(kFirstStep);
  for (int i = 0; i < kGuesses; ++i) {
    const double bits = sample_.trials().guess_at(factor(log_step_));
    const Point p{log_step_, std::log(bits / 8 / sample_.share() * saving)};
    log_step_ = std::clamp(secant.next(p), std::log(finest_step(settings_)), std::log(2.0 * kMaxStep));
    if (std::abs(p.size - aim) < kGuessIsNear || log_step_ == p.x) return;
  }
}

void Prediction::settle() {
  Secant secant(aim_, kStepSlope);
  for (int i = 0; i < settings_.loops; ++i) log_step_ = clamped(secant.next({log_step_, log_size()}));
}

double Prediction::log_size() { return log_size(0); }

double Prediction::log_size(double log_strength) {
  sample_.trials().quantize_at(factor(log_step_), {factor(log_strength), factor(log_strength), 0});
  return std::log(sample_.whole_bytes()) + ratio_;
}

void Prediction::solve() {
  const double near = uses_trellis(settings_) ? kNearTrellis : kNearDeadZone;
  Secant secant(aim_, kStepSlope, 1.0);
  double size = log_size();
  for (int i = 1; i < kStepTries && std::abs(size - aim_) > near; ++i) {
    log_step_ = clamped(secant.next({log_step_, size}));
    size = log_size();
  }
  // Below a step of 1 tables stay, and the step itself moves what the strength would.
  if (log_step_ <= 0 || std::abs(size - aim_) > 2 * near) return;
  const double guessed = (aim_ - size) / kUsualStrengthSlope;
  const double tried = std::copysign(std::max(std::abs(guessed), kProbe), guessed);
  strength_slope_ = std::clamp((log_size(tried) - size) / tried, kSteepest, kFlattest);
  log_strength_ = (aim_ - size) / strength_slope_;
}

}  // namespace accelir::jpeg
