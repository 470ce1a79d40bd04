// Large arrays that are written before they are read: no thread alone fills them with zeros first.
#pragma once

#include <memory>
#include <utility>
#include <vector>

namespace accelir {

// Elements that are given no value begin as whatever stands in memory.
template <class T>
struct FreshAllocator : std::allocator<T> {
  template <class U>
  struct rebind {
    using other = FreshAllocator<U>;
  };
  template <class U>
  void construct(U* at) {
    std::uninitialized_default_construct_n(at, 1);
  }
  template <class U, class... Values>
  void construct(U* at, Values&&... values) {
    std::allocator<T> usual;
    std::allocator_traits<std::allocator<T>>::construct(usual, at, std::forward<Values>(values)...);
  }
};

template <class T>
using FreshVector = std::vector<T, FreshAllocator<T>>;

}  // namespace accelir
