// SPDX-License-Identifier: LGPL-2.1-or-later
// From WorldState and the events so far to cards, chains and chips.
#include "trace/state_picture.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

#include "trace/kernel_trace.h"

namespace rcuscope {
namespace {

/// Objects that are looked at in one picture at most.
constexpr std::size_t card_count_max = 200;

std::string_view last_word(std::string_view name) {
  const std::size_t space = name.rfind(' ');
  return space == std::string_view::npos ? name : name.substr(space + 1);
}

class Picture {
 public:
  Picture(const TraceStore& trace, const WorldState& world,
          const std::vector<std::int64_t>& references_max)
      : trace_(trace), world_(world), references_max_(references_max) {
    find_devices();
  }

  StatePicture run() {
    add_lists();
    add_cards();
    add_chips();
    add_rcu_line();
    add_locks();
    return std::move(out_);
  }

 private:
  std::string name(ObjectId id) const { return std::string(trace_.object_name(id.value)); }
  std::string actor(ActorId id) const { return std::string(trace_.actor_name(id.value)); }
  static bool is_faulty(const ObjectState& object) { return object.faulty_actor.is_valid(); }

  // --- lists ---

  void add_lists() {
    for (const ListState& list : world_.lists) {
      ListChain chain;
      chain.title = list_title(list.head);
      for (ObjectId entry : list.entries) chain.entries.push_back(short_object_name(label(entry)));
      out_.lists.push_back(std::move(chain));
    }
  }

  std::string list_title(ObjectId head) const {
    if (type(head) == "list_head") return name(head);
    return type(head) == "iommu_group" ? "Group " + name(head) + " devices" : title(head);
  }

  /// Entries go by the name of their device where they have one: that is what people know.
  std::string label(ObjectId entry) const {
    const ObjectId device = device_of(entry);
    return device.is_valid() ? name(device) : title(entry);
  }

  const std::string& type(ObjectId id) const {
    return trace_.names().objects[static_cast<std::size_t>(id.value)].type;
  }

  /// A bare number or address says nothing without its type: "iommu_group 7".
  std::string title(ObjectId id) const {
    const std::string plain = name(id);
    const bool is_bare = plain.empty() || (plain[0] >= '0' && plain[0] <= '9');
    if (!is_bare || type(id) == "device" || type(id).empty()) return plain;
    return plain.empty() ? type(id) : type(id) + " " + plain;
  }

  /// The device that a group_device stands for: it has the same name, maybe but for a prefix.
  ObjectId device_of(ObjectId entry) const {
    if (type(entry) != "group_device") return {};
    const std::string_view word = last_word(trace_.object_name(entry.value));
    if (word.size() < 3) return {};
    const std::string ending(word.rbegin(), word.rend());
    ObjectId first;
    for (auto at = devices_.lower_bound(ending); at != devices_.end(); ++at) {
      if (!at->first.starts_with(ending)) break;
      if (!first.is_valid() || at->second < first) first = at->second;
    }
    return first;
  }

  /// Devices by their names read backwards, so that those with the same ending stand together; of
  /// equal names the first.
  void find_devices() {
    for (const ObjectState& object : world_.objects) {
      if (type(object.object) != "device") continue;
      const std::string_view whole = trace_.object_name(object.object.value);
      devices_.try_emplace(std::string(whole.rbegin(), whole.rend()), object.object);
    }
  }

  // --- cards ---

  struct Candidate {
    ObjectId object;
    ObjectId device;
    bool is_entry = false;
  };

  void add_cards() {
    for (const Candidate& shown : chosen_of(candidates())) {
      const ObjectState& object = state_of(shown.object);
      out_.cards.push_back(shown.is_entry ? entry_card(object, shown.device) : plain_card(object));
    }
  }

  /// What is or was on a list, then what else has a life that matters.
  std::vector<Candidate> candidates() const {
    std::vector<Candidate> found;
    std::vector<bool> is_shown(world_.objects.size());
    for (const ObjectState& object : world_.objects) {
      if (object.membership == Membership::never_linked) continue;
      const ObjectId device = device_of(object.object);
      if (device.is_valid()) is_shown[static_cast<std::size_t>(device.value)] = true;
      found.push_back({object.object, device, true});
    }
    for (const ObjectState& object : world_.objects) {
      // Freed memory without a count (names and the like) matters only to a finding.
      const bool has_life = object.references.has_value() || is_faulty(object);
      if (object.membership != Membership::never_linked || !has_life) continue;
      if (!is_shown[static_cast<std::size_t>(object.object.value)]) {
        found.push_back({object.object, {}, false});
      }
    }
    return found;
  }

  /// Of too many those that live, and those of the latest events; in the order that they had.
  std::vector<Candidate> chosen_of(std::vector<Candidate> all) {
    if (all.size() <= card_count_max) return all;
    out_.cards_left_out = all.size() - card_count_max;
    std::vector<std::size_t> order(all.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      const ObjectState &first = state_of(all[a].object), &second = state_of(all[b].object);
      return std::pair(first.is_freed, -first.latest_event) <
             std::pair(second.is_freed, -second.latest_event);
    });
    order.resize(card_count_max);
    std::sort(order.begin(), order.end());
    std::vector<Candidate> chosen;
    for (const std::size_t i : order) chosen.push_back(all[i]);
    return chosen;
  }

  const ObjectState& state_of(ObjectId id) const {
    return world_.objects[static_cast<std::size_t>(id.value)];
  }

  ObjectCard entry_card(const ObjectState& entry, ObjectId device) const {
    ObjectCard card;
    card.object = entry.object;
    card.device = device;
    card.title = label(entry.object);
    const ObjectState& counted = device.is_valid() ? state_of(device) : entry;
    set_references(card, counted);
    set_state(card, entry);
    set_pointers(card, entry);
    set_holder(card, entry);
    return card;
  }

  ObjectCard plain_card(const ObjectState& object) const {
    ObjectCard card;
    card.object = object.object;
    card.title = title(object.object);
    set_references(card, object);
    set_state(card, object);
    set_holder(card, object);
    return card;
  }

  void set_references(ObjectCard& card, const ObjectState& counted) const {
    card.references = counted.references;
    card.references_max = std::max(references_max_[static_cast<std::size_t>(counted.object.value)],
                                   counted.references.value_or(0));
    card.reference_users = counted.reference_users;
  }

  void set_state(ObjectCard& card, const ObjectState& object) const {
    const bool is_wrong = is_faulty(object);
    if (object.is_freed) {
      card.tone = is_wrong ? Tone::error : Tone::gone;
      card.state = card.device.is_valid() ? "gdev freed" : "freed";
      if (is_wrong) card.state += ", still used";
      // The device itself lives on as long as somebody counts on it.
      card.is_struck = is_wrong || !card.device.is_valid() || card.references.value_or(0) == 0;
    } else if (object.membership == Membership::linked) {
      // A reader still finds it, and follows it to a device that is no more.
      const bool is_hollow = card.device.is_valid() && card.references == 0;
      card.tone = is_wrong ? Tone::error : is_hollow ? Tone::waiting : Tone::good;
      card.state = is_hollow ? "linked, device released" : "linked";
    } else if (object.membership == Membership::unlinked) {
      card.tone = is_wrong ? Tone::error : Tone::waiting;
      card.state = object.is_poisoned ? "unlinked and poisoned" : "unlinked";
      if (is_in_progress(object.waits_for)) {
        card.state += ", waiting for GP " + std::to_string(object.waits_for.value);
      }
    } else if (object.references == 0) {
      card.tone = Tone::gone;
      card.state = "released";
      card.is_struck = true;
    } else {
      card.tone = is_wrong ? Tone::error : Tone::plain;
      card.state = "alive";
    }
  }

  void set_pointers(ObjectCard& card, const ObjectState& entry) const {
    if (entry.is_freed) {
      // What SLUB writes over freed memory.
      if (card.tone == Tone::error) card.next = card.previous = "0x6b6b6b6b";
      return;
    }
    if (entry.membership == Membership::linked) {
      set_neighbours(card, entry);
      return;
    }
    card.previous = "LIST_POISON2";
    card.next = entry.is_poisoned ? "LIST_POISON1" : "";
    if (!entry.stale_next.is_valid()) return;
    card.is_next_stale = true;
    card.next =
        entry.stale_next == entry.list ? "head" : short_object_name(label(entry.stale_next));
    card.is_next_freed = state_of(entry.stale_next).is_freed;
  }

  void set_neighbours(ObjectCard& card, const ObjectState& entry) const {
    for (const ListState& list : world_.lists) {
      if (list.head != entry.list) continue;
      const auto at = std::find(list.entries.begin(), list.entries.end(), entry.object);
      if (at == list.entries.end()) return;
      card.next = at + 1 == list.entries.end() ? "head" : short_object_name(label(*(at + 1)));
      card.previous = at == list.entries.begin() ? "head" : short_object_name(label(*(at - 1)));
    }
  }

  void set_holder(ObjectCard& card, const ObjectState& object) const {
    std::vector<std::string> names;
    const std::int32_t faulty = object.faulty_actor.value;
    if (is_faulty(object)) names.push_back(actor({faulty}));
    for (const TracedActorState& reader : world_.actors) {
      if (reader.actor.value != faulty && reads(reader, object.object, card.device)) {
        names.push_back(actor(reader.actor));
      }
    }
    card.held_label = "held by";
    for (const GracePeriodState& gp : world_.grace_periods) {
      if (!names.empty() || gp.grace_period != object.waits_for) continue;
      for (ActorId reader : gp.waits_for) names.push_back(actor(reader));
      card.held_label = "waits for";
    }
    for (const std::string& holder : names) {
      card.held_by += (card.held_by.empty() ? "" : ", ") + holder;
    }
    if (card.held_by.empty()) card.held_label.clear();
  }

  /// True if that actor touched the object since it entered its read-side critical section.
  bool reads(const TracedActorState& reader, ObjectId object, ObjectId device) const {
    if (reader.reader_nesting == 0) return false;
    return std::any_of(reader.touched.begin(), reader.touched.end(), [&](ObjectId touched) {
      return touched == object || (device.is_valid() && touched == device);
    });
  }

  // --- RCU ---

  bool is_in_progress(GracePeriodId id) const {
    return std::any_of(world_.grace_periods.begin(), world_.grace_periods.end(),
                       [id](const GracePeriodState& gp) { return gp.grace_period == id; });
  }

  bool is_waited_for(ActorId id) const {
    return std::any_of(
        world_.grace_periods.begin(), world_.grace_periods.end(), [id](const GracePeriodState& gp) {
          return std::find(gp.waits_for.begin(), gp.waits_for.end(), id) != gp.waits_for.end();
        });
  }

  void add_chips() {
    const auto& actors = trace_.names().actors;
    const bool has_cpus = std::any_of(actors.begin(), actors.end(),
                                      [](const ActorInfo& a) { return a.cpu.is_valid(); });
    std::map<std::int32_t, CpuChip> chips;
    for (std::size_t id = 0; id < actors.size(); ++id) {
      const ActorInfo& info = actors[id];
      const TracedActorState& state = world_.actors[id];
      const bool is_shown =
          has_cpus ? info.cpu.is_valid()
                   : info.kind != ActorKind::main && info.kind != ActorKind::grace_period;
      if (!is_shown) continue;
      CpuChip& chip = chips[has_cpus ? info.cpu.value : static_cast<std::int32_t>(id)];
      chip.title = has_cpus ? "CPU " + std::to_string(info.cpu.value) : info.name;
      if (is_waited_for(state.actor)) {
        chip.state = "reader";
        chip.tone = Tone::reader;
      } else if (state.reader_nesting > 0 && chip.tone != Tone::reader) {
        chip.state = world_.grace_periods.empty() ? "reader" : "later reader";
      } else if (chip.state.empty() && state.is_running && is_atomic(info.kind)) {
        chip.state = std::string(to_string(context_of(info.kind)));
      }
    }
    for (auto& [key, chip] : chips) {
      if (chip.state.empty()) chip.state = "quiescent";
      out_.chips.push_back(std::move(chip));
    }
  }

  void add_rcu_line() {
    out_.rcu_line = "idle, nobody waits";
    for (const GracePeriodState& gp : world_.grace_periods) {
      out_.rcu_tone = Tone::waiting;
      out_.rcu_line = "GP " + grace_period_name(trace_, gp.grace_period.value) + " in progress";
    }
    if (world_.grace_periods.size() > 1) {
      out_.rcu_line = std::to_string(world_.grace_periods.size()) + " grace periods in progress";
    }
  }

  void add_locks() {
    for (const LockState& lock : world_.locks) {
      std::string text = name(lock.lock);
      if (lock.owner.is_valid()) text += ": held by " + actor(lock.owner);
      for (std::size_t i = 0; i < lock.waiters.size(); ++i) {
        text += (i == 0 ? "; waited for by " : ", ") + actor(lock.waiters[i]);
      }
      out_.locks.push_back(std::move(text));
    }
  }

  const TraceStore& trace_;
  const WorldState& world_;
  const std::vector<std::int64_t>& references_max_;
  std::map<std::string, ObjectId> devices_;
  StatePicture out_;
};

}  // namespace

void note_references(const TraceStore& trace, EventIndex first, std::vector<std::int64_t>& most) {
  most.resize(trace.names().objects.size());
  for (EventIndex i = first; i < trace.size(); ++i) {
    const std::int32_t object = trace.columns().object[i];
    const EventKind kind = trace.kind(i);
    const bool is_count = kind == EventKind::get_device || kind == EventKind::put_device ||
                          kind == EventKind::kref_get || kind == EventKind::kref_put;
    if (object < 0 || !is_count) continue;
    std::int64_t& value = most[static_cast<std::size_t>(object)];
    value = std::max(value, trace.columns().value[i]);
  }
}

StatePicture picture_state(const TraceStore& trace, const WorldState& world,
                           const std::vector<std::int64_t>& references_max) {
  return Picture(trace, world, references_max).run();
}

StatePicture picture_state(const TraceStore& trace, const WorldState& world) {
  std::vector<std::int64_t> references_max;
  note_references(trace, 0, references_max);
  return picture_state(trace, world, references_max);
}

std::string short_object_name(std::string_view name) {
  constexpr std::string_view domain = "0000:";
  std::string result(name);
  const std::size_t at = result.find(domain);
  if (at != std::string::npos) result.erase(at, domain.size());
  return result;
}

}  // namespace rcuscope
