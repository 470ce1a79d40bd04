// Rows side by side where each place needs those above it: a wavefront.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

#include "common/parallel.h"

namespace accelir {

// Calls work(row, wait_above, finish) for each row, by at most so many threads. Before it begins with a column, work
// calls wait_above(column), which returns when the row above has finished the next column too, or its last; behind it,
// finish(column). work must not throw: the row below would wait forever.
template <class Work>
void run_wavefront(int threads, int columns, int rows, const Work& work) {
  std::vector<std::atomic<int>> finished(static_cast<size_t>(rows));  // columns of each row
  for (std::atomic<int>& columns_of_row : finished) columns_of_row = 0;
  // Tasks are taken in order, so that the row above is finished, or being worked on by another thread.
  run_tasks(threads, rows, [&](int row) {
    const auto wait_above = [&](int column) {
      if (row == 0) return;
      const int needed = std::min(column + 2, columns);
      while (finished[row - 1].load(std::memory_order_acquire) < needed) std::this_thread::yield();
    };
    const auto finish = [&](int column) { finished[row].store(column + 1, std::memory_order_release); };
    work(row, wait_above, finish);
  });
}

}  // namespace accelir
