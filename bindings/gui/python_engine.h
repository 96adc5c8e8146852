// SPDX-License-Identifier: LGPL-2.1-or-later
// PythonEngine: the scenarios that Python offers, its catalogue included, behind the session page.
#pragma once

#include <pybind11/pybind11.h>

#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "session/engine.h"

namespace rcuscope::bindings {

/// Calls rcuscope.gui_scenarios.GuiScenarios, which documents its side. Everything but the
/// constructor is called without the GIL.
class PythonEngine final : public gui::Engine {
 public:
  /// Context: GIL held.
  explicit PythonEngine(pybind11::object scenarios);
  ~PythonEngine() override;
  PythonEngine(const PythonEngine&) = delete;
  PythonEngine& operator=(const PythonEngine&) = delete;

  const std::vector<gui::Offer>& offers() const override { return offers_; }
  bool has_live() const override { return has_live_; }
  Verdict explore(const gui::Request& request, gui::Watch& watch) override;
  gui::LiveAnswer run(const gui::Request& request, gui::Watch& watch) override;
  TraceStore replay(const gui::Request& request, const std::string& schedule,
                    const gui::Metadata& metadata) override;
  Standpoint step(const gui::Request& request, const std::string& schedule,
                  std::optional<ActorId> next) override;

 private:
  template <class Function>
  auto guarded(Function function);
  Standpoint as_standpoint(const pybind11::dict& record);
  Place as_place(const std::string& text);
  const char* kept(const std::string& text);

  pybind11::object scenarios_;
  std::vector<gui::Offer> offers_;
  bool has_live_ = false;
  std::mutex mutex_;
  std::set<std::string> texts_;  ///< Files of places, which refer to text that stays.
};

}  // namespace rcuscope::bindings
