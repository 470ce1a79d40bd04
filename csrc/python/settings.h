// Settings as Python has them: an immutable value made of keywords. A line a keyword says its name, place and range.
#pragma once

#include <cmath>
#include <functional>
#include <limits>
#include <sstream>

#include "python/convert.h"

namespace accelir::python {

template <class Number>
std::string number_text(Number v) {
  std::ostringstream out;
  out << +v;  // a byte too is a number
  return out.str();
}

// Calls visit(number) for all that a value holds.
template <class T, class Visit>
void for_each_number(const T& value, const Visit& visit) {
  if constexpr (std::is_arithmetic_v<T>)
    visit(value);
  else
    for (const auto& v : value) for_each_number(v, visit);
}

template <class T, class Visit>
void for_each_number(const std::optional<T>& value, const Visit& visit) {
  if (value) for_each_number(*value, visit);
}

// A check that all numbers of a value are in a range; what isn't finite never is.
class Range {
 public:
  static Range between(double low, double high) { return {low, high, number_text(low) + " to " + number_text(high)}; }
  static Range from(double low) { return {low, kMost, number_text(low) + " or more"}; }
  static Range above(double low, double most) {
    return {std::nextafter(low, kMost), most, "above " + number_text(low) + " and at most " + number_text(most)};
  }
  static Range below(double least, double high) {
    return {least, std::nextafter(high, -kMost), "at least " + number_text(least) + " and below " + number_text(high)};
  }

  template <class T>
  void operator()(const T& value, const std::string& name) const {
    for_each_number(value, [&](auto v) {
      if (!(v >= low_ && v <= high_)) require(false, name + " must be " + text_ + ", not " + number_text(v));
    });
  }

 private:
  static constexpr double kMost = std::numeric_limits<double>::max();
  Range(double low, double high, const std::string& text) : low_(low), high_(high), text_(text) {}
  double low_, high_;
  std::string text_;
};

inline const Range kThreads = Range::between(1, 1024);

// For what its type already bounds.
struct Anything {
  template <class T>
  void operator()(const T&, const std::string&) const {}
};

// The place of a member of a member.
template <class Outer, class Inner, class Member>
auto within(Inner Outer::* inner, Member Inner::* member) {
  return [=](Outer& outer) -> Member& { return outer.*inner.*member; };
}

template <class Settings>
class SettingsClass {
 public:
  SettingsClass(py::module_& m, const char* name) : class_(m, name) {}

  // A keyword that must be given. place: a member, or a function to a reference of one; check(value, name) throws.
  template <class Place, class Check = Anything>
  SettingsClass& required(const char* name, Place place, const Check& check = {}) {
    return add(name, true, place, check);
  }

  // A keyword whose default is the struct's.
  template <class Place, class Check = Anything>
  SettingsClass& optional(const char* name, Place place, const Check& check = {}) {
    return add(name, false, place, check);
  }

  // agree(settings) throws where values that are right by themselves don't go together.
  template <class Agree>
  void finish(Agree agree) {
    class_.def(py::init([keywords = keywords_, agree](const py::kwargs& given) {
      Settings settings{};
      size_t taken = 0;
      for (const Keyword& k : keywords) {
        if (!given.contains(k.name)) {
          if (k.required) throw py::type_error("Settings() lacks its keyword '" + k.name + "'");
          continue;
        }
        const py::object value = given[k.name.c_str()];
        k.set(settings, value);
        ++taken;
      }
      if (taken < given.size()) refuse_unknown(keywords, given);
      agree(settings);
      return settings;
    }));
  }

 private:
  struct Keyword {
    std::string name;
    bool required;
    std::function<void(Settings&, py::handle)> set;
  };

  template <class Place, class Check>
  SettingsClass& add(const char* name, bool required, Place place, const Check& check) {
    using Value = std::decay_t<std::invoke_result_t<Place, Settings&>>;
    keywords_.push_back({name, required, [=](Settings& settings, py::handle given) {
                           Value value = Convert<Value>::from(given, name);
                           check(value, name);
                           std::invoke(place, settings) = std::move(value);
                         }});
    class_.def_property_readonly(
        name, [place](Settings& settings) { return Convert<Value>::to(std::invoke(place, settings)); });
    return *this;
  }

  static void refuse_unknown(const std::vector<Keyword>& keywords, const py::kwargs& given) {
    for (const auto& [key, value] : given) {
      const std::string name = py::str(key);
      if (std::none_of(keywords.begin(), keywords.end(), [&](const Keyword& k) { return k.name == name; }))
        throw py::type_error("Settings() has no keyword '" + name + "'");
    }
  }

  py::class_<Settings> class_;
  std::vector<Keyword> keywords_;
};

}  // namespace accelir::python
