// SPDX-License-Identifier: LGPL-2.1-or-later
// Small programs as text, in the words of the random ones: "process0 write0 read1 | hardirq1 get0".
// The digit behind an actor's kind is its CPU, if it has one; that behind an action its variable.
#pragma once

#include <sstream>
#include <stdexcept>
#include <string>

#include "random_action.h"

namespace rcuscope::testing {

inline ActorKind kind_named(const std::string& name) {
  for (const ActorKind kind : {ActorKind::process, ActorKind::softirq, ActorKind::hardirq})
    if (to_string(kind) == name) return kind;
  throw std::invalid_argument("no kind of actor: " + name);
}

inline Action action_named(const std::string& name) {
  for (std::size_t i = 0; i < std::size(action_names); ++i)
    if (action_names[i] == name) return static_cast<Action>(i);
  throw std::invalid_argument("no action: " + name);
}

inline RandomProgram parse_program(const std::string& text) {
  RandomProgram program;
  std::istringstream words(text);
  bool is_actor = true;
  for (std::string word; words >> word;) {
    if (word == "|") {
      is_actor = true;
      continue;
    }
    const bool has_number = word.back() >= '0' && word.back() <= '9';
    const int number = has_number ? word.back() - '0' : -1;
    if (has_number) word.pop_back();
    if (is_actor)
      program.actors.push_back({kind_named(word), CpuId{number}, {}});
    else
      program.actors.back().actions.emplace_back(action_named(word), number);
    is_actor = false;
  }
  return program;
}

inline std::string text_of(const RandomProgram& program) {
  std::string text;
  for (const RandomActor& actor : program.actors) {
    if (!text.empty()) text += " | ";
    text += to_string(actor.kind);
    if (actor.cpu.is_valid()) text += std::to_string(actor.cpu.value);
    for (const auto& [action, variable] : actor.actions)
      text += " " + name_of(action) + std::to_string(variable);
  }
  return text;
}

}  // namespace rcuscope::testing
