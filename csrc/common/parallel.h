// Work in parts, by several threads at a time. What comes out must not depend on who did which part, nor when.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace accelir {

// Calls task(i) for 0 <= i < count, by at most so many threads, this one among them. The first exception that one
// throws is thrown here, after all have stopped; tasks that hadn't begun by then never run.
template <class Task>
void run_tasks(int threads, int count, const Task& task) {
  if (threads <= 1 || count <= 1) {
    for (int i = 0; i < count; ++i) task(i);
    return;
  }
  std::atomic<int> next{0};
  std::exception_ptr failure;
  std::mutex failing;
  const auto work = [&] {
    try {
      for (int i; (i = next.fetch_add(1)) < count;) task(i);
    } catch (...) {
      const std::lock_guard<std::mutex> lock(failing);
      if (!failure) failure = std::current_exception();
      next = count;
    }
  };
  std::vector<std::thread> others;
  others.reserve(static_cast<size_t>(std::min(threads, count)) - 1);
  try {
    while (others.size() < others.capacity()) others.emplace_back(work);
  } catch (const std::system_error&) {
    // The system gives no more threads: those that there are do it all.
  }
  work();
  for (std::thread& other : others) other.join();
  if (failure) std::rethrow_exception(failure);
}

// Calls work(first, last) for rows [first, last), which together are 0 to rows. Several parts a thread, since some take
// longer than others.
template <class Work>
void run_rows(int threads, int rows, const Work& work) {
  constexpr int kPartsPerThread = 4;
  const int parts = threads <= 1 ? 1 : std::min(rows, threads * kPartsPerThread);
  const auto begin = [&](int part) { return static_cast<int>(static_cast<int64_t>(rows) * part / parts); };
  run_tasks(threads, parts, [&](int part) { work(begin(part), begin(part + 1)); });
}

// Threads that pay on a picture of so many pixels: none for less than takes a few times as long as starting one.
inline int useful_threads(int threads, double pixels) {
  constexpr double kLeastPixels = 1 << 15;
  return std::min(threads, 1 + static_cast<int>(std::min(pixels / kLeastPixels, 1e6)));
}

}  // namespace accelir
