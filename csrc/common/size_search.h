// The search for the largest file that fits a budget, over a position (JPEG's base step, VP8's quantiser index) and,
// since files leap in size from one position to the next, over a strength on which the size depends more smoothly.
//
// What differs between formats is a class of theirs, here called Format:
//   Position                           a type: the larger, the coarser
//   File                               a type: a finished file, with its bytes in `data`
//   kStrengthTries, kStrengthReach     attempts before parts get different strengths; the reach of secant.h
//   strength_slope()                   of log size over log strength
//   attempt(position, strength)        -> Attempt: quantises the whole picture
//   write_all()                        from now on attempts write every file that fits
//   finish(data, strength) -> File     the last attempt's file
//   passes(), parts()                  whole-picture quantisations made; cells or macroblocks that a split divides
// A format walks the positions itself (its rate_control.cc), for no two formats' grids of positions are alike.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "common/secant.h"
#include "common/strength.h"

namespace accelir {

struct Attempt {
  double size;                // log of the file's bytes, or of their estimate when it isn't worth writing
  std::vector<uint8_t> data;  // empty: not written
  bool fits = false;          // not written because a larger file that fits should still be found
};

struct Budget {
  double bytes;
  int passes;        // whole-picture quantisations that the search may make
  double tolerance;  // how far below the budget it may stop, a share of it
};

// Of log strength.
struct StrengthRange {
  double low, high;
  double clamp(double x) const { return std::clamp(x, low, high); }
};

template <class Format>
class SizeSearch {
 public:
  using Position = typename Format::Position;
  using File = typename Format::File;

  SizeSearch(Format& format, const Budget& budget)
      : format_(format), budget_(budget), aim_(std::log(budget.bytes * (1 - budget.tolerance / 2))) {}

  File& best() { return best_; }
  // Writes the largest file that fits, if none came so near to the budget that it was written before, and from now on
  // every one.
  void write_all() {
    format_.write_all();
    if (!spare_) return;
    const Spare spare = *std::exchange(spare_, std::nullopt);
    attempt(spare.position, spare.strength);
  }
  double log_budget() const { return std::log(budget_.bytes); }
  bool found() const { return best_size() > 0; }

  // It is known that no file can be larger than the best one.
  void exhaust() { exhausted_ = true; }

  bool finished() const {
    return exhausted_ || format_.passes() >= budget_.passes || best_size() >= budget_.bytes * (1 - budget_.tolerance);
  }

  double aim() const { return aim_; }  // a log of bytes

  // One file; kept if it fits and is the largest so far. -> the log of its size.
  double attempt(Position position, const Strength& strength = {}) {
    return keep(format_.attempt(position, strength), position, strength);
  }
  double keep(Attempt made, Position position, const Strength& strength) {
    const double size = made.data.empty() ? std::exp(made.size) : static_cast<double>(made.data.size());
    if (made.fits && size > best_size()) {
      spare_ = Spare{position, strength, size};
    } else if (size <= budget_.bytes && made.data.size() > best_.data.size()) {
      best_ = format_.finish(std::move(made.data), strength);
      if (spare_ && spare_->size <= size) spare_.reset();
    }
    return made.size;
  }
  double attempt(Position position, double log_strength) {
    return attempt(position, {strength_at(log_strength), strength_at(log_strength), 0});
  }

  // Strengths at a position where one of them is known: its logarithm, and that of the size it gave.
  void search_strength(Position position, const Point& known, const StrengthRange& range) {
    Secant secant(aim_, format_.strength_slope(), Format::kStrengthReach);
    const double x = range.clamp(secant.next(known));
    if (x != known.x) walk_strengths(position, x, secant, range);
  }

  // The same where the format has learnt since, which may have moved the size to the other side of the aim: the size
  // gives the first step, but no end of a bracket.
  void search_strength_afresh(Position position, double stale_size, const StrengthRange& range) {
    const double slope = format_.strength_slope();
    Secant secant(aim_, slope, Format::kStrengthReach);
    walk_strengths(position, range.clamp((aim_ - stale_size) / slope), secant, range);
  }

  // Whether the best file uses what users may expect of a budget.
  bool filled() const { return exhausted_ || best_size() >= budget_.bytes * kFilled; }

  // Whether another position isn't worth trying: a file a few bytes larger may well be the worse one there.
  bool close() const { return best_size() >= budget_.bytes * kClose; }

  // What is left where the sizes leap (noise, text, dither, gradients): at one position every size between rounding
  // alone and next to nothing can be had by strengths, and between two strengths by parts. Moves to finer positions
  // where rounding alone fits, to coarser ones where nothing does. More attempts than the budget's may be made, a few
  // dozen.
  void fill(Position position, Position stride, Position finest, Position coarsest, const StrengthRange& range) {
    for (int tries = 0; tries < kFillPositions && !filled(); ++tries, stride *= 2) {
      const Bracket found = bracket_strengths(position, range);
      if (found.large && found.small) return fill_around(position, stride, finest, coarsest, found, range);
      const Position next = found.large ? std::min(position + stride, coarsest) : std::max(position - stride, finest);
      if (next == position) return;
      position = next;
    }
  }

  // Coarser positions, in strides that double, until a file fits.
  void settle_below(Position position, Position stride, Position coarsest) {
    for (; !found() && position < coarsest; stride *= 2) attempt(position = std::min(position + stride, coarsest));
  }

 private:
  static constexpr int kSplitTries = 8;  // before code lengths must have moved away from the bracket
  static constexpr double kFilled = 0.98, kClose = 0.997;
  static constexpr int kFillPositions = 10, kFillStrengths = 6, kFillSplits = 14;

  // The nearest strengths known of which one gave too large a file and one didn't.
  struct Bracket {
    std::optional<Point> large, small;
  };

  // A file that fits, which nothing but its size is known of.
  struct Spare {
    Position position;
    Strength strength;
    double size;  // bytes
  };

  // Of the largest file that fits.
  double best_size() const { return spare_ ? spare_->size : static_cast<double>(best_.data.size()); }

  static float strength_at(double x) { return static_cast<float>(std::exp(x)); }

  void walk_strengths(Position position, double x, Secant& secant, const StrengthRange& range) {
    for (int tries = 0; tries < Format::kStrengthTries && !finished(); ++tries) {
      const Point p{x, attempt(position, x)};
      x = range.clamp(secant.next(p));
      if (x == p.x) return;  // at the end of the range, or the aim is hit
    }
    if (!finished() && secant.bracketed()) search_split(position, secant.large(), secant.small());
  }

  // Between two strengths of which one is too large and one isn't: how many parts get which.
  void search_split(Position position, const Point& large, const Point& small) {
    const double parts = static_cast<double>(format_.parts());
    Secant secant(aim_, {0, large.size}, {1, small.size});
    Point p = small.size > aim_ ? Point{0, large.size} : Point{1, small.size};
    for (int tries = 0; tries < kSplitTries && !finished(); ++tries) {
      p.x = std::clamp(secant.next(p), 0.0, 1.0);
      const size_t split = static_cast<size_t>(std::lround(p.x * parts));
      p.size = attempt(position, {strength_at(small.x), strength_at(large.x), split});
    }
  }

  // Away from strength 1, in strides that double, until both sides of the aim are known or the range ends.
  Bracket bracket_strengths(Position position, const StrengthRange& range) {
    Bracket found;
    double x = range.clamp(0), stride = 1;
    for (;;) {
      const Point p{x, attempt(position, x)};
      (p.size > aim_ ? found.large : found.small) = p;
      if (found.large && found.small) return found;
      const double next = range.clamp(p.size > aim_ ? x + stride : x - stride);
      if (next == x) return found;
      x = next;
      stride *= 2;
    }
  }

  // At a position whose bracket is known; a picture of few parts may leave a gap there that its neighbours don't.
  void fill_around(Position position, Position stride, Position finest, Position coarsest, const Bracket& known,
                   const StrengthRange& range) {
    fill_between(position, *known.large, *known.small);
    for (Position next : {position + stride, position - stride}) {
      if (filled() || next < finest || next > coarsest) continue;
      const Bracket found = bracket_strengths(next, range);
      if (found.large && found.small) fill_between(next, *found.large, *found.small);
    }
  }

  void fill_between(Position position, const Point& large, const Point& small) {
    Secant secant(aim_, large, small);
    Point p = small;
    for (int tries = 0; tries < kFillStrengths && !filled(); ++tries) {
      p.x = secant.next(p);
      p.size = attempt(position, p.x);
    }
    secant.next(p);
    if (!filled() && secant.bracketed()) fill_split(position, secant.large(), secant.small());
  }

  // By halving: how many parts have the first strength. Where what one part is shown as makes the next ones follow
  // (prediction), the size leaps as soon as a few parts at the start have levels; then it's the end that may have them.
  void fill_split(Position position, const Point& large, const Point& small) {
    halve_split(position, large, small, 0, format_.parts());
    halve_split(position, small, large, format_.parts(), 0);
  }

  // fits, exceeds: numbers of parts of which it is known, or meant.
  void halve_split(Position position, const Point& first, const Point& rest, size_t fits, size_t exceeds) {
    for (int tries = 0; tries < kFillSplits && !filled(); ++tries) {
      const size_t split = (fits + exceeds) / 2;
      if (split == fits || split == exceeds) return;
      const double size = attempt(position, {strength_at(first.x), strength_at(rest.x), split});
      (size > log_budget() ? exceeds : fits) = split;
    }
  }

  Format& format_;
  const Budget budget_;
  const double aim_;  // of log size
  bool exhausted_ = false;
  File best_;
  std::optional<Spare> spare_;  // larger than best_
};

}  // namespace accelir
