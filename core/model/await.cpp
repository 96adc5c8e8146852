// SPDX-License-Identifier: LGPL-2.1-or-later
// Sites of loops that wait: how they are put together, and their text.
#include "model/await.h"

#include <algorithm>
#include <charconv>

#include "base/assert.h"
#include "base/error.h"

namespace rcuscope {

void add_reads(const Operation& operation, std::vector<Claim>& reads) {
  for (std::uint8_t c = 0; c < operation.claim_count; ++c) {
    Claim claim = operation.claims[c];
    switch (claim.mode()) {
      case Mode::write:
        claim = Claim(claim.resource_class(), claim.resource(), Mode::read);
        break;
      case Mode::read:
      case Mode::use:
      case Mode::observe:
      case Mode::poll:
      case Mode::try_acquire:
        break;
      default:
        continue;
    }
    if (std::find(reads.begin(), reads.end(), claim) == reads.end()) reads.push_back(claim);
  }
}

bool is_dependent_on(const std::vector<Claim>& reads, const Operation& operation) {
  for (const Claim read : reads)
    for (std::uint8_t c = 0; c < operation.claim_count; ++c)
      if (dependent(read, operation.claims[c])) return true;
  return false;
}

bool add_await_site(AwaitSites& sites, const AwaitSite& site) {
  const auto known = std::find_if(sites.begin(), sites.end(), [&](const AwaitSite& candidate) {
    return candidate.is_same_place(site);
  });
  if (known == sites.end()) {
    sites.insert(std::lower_bound(sites.begin(), sites.end(), site), site);
    return true;
  }
  const AwaitSite before = *known;
  std::vector<std::uint32_t> names;
  std::set_union(known->changing.begin(), known->changing.end(), site.changing.begin(),
                 site.changing.end(), std::back_inserter(names));
  known->changing = std::move(names);
  known->turns = std::max(known->turns, site.turns);
  return *known != before;
}

void add_new_await_site(AwaitSites& sites, const AwaitSite& site) {
  if (!add_await_site(sites, site))
    throw InternalError("actor " + std::to_string(site.actor.value) +
                        " goes round at a place where it is known to wait");
}

std::string to_text(const AwaitSites& sites) {
  std::string text;
  for (const AwaitSite& site : sites) {
    text += (text.empty() ? "" : ";") + std::to_string(site.actor.value) + "." +
            std::to_string(static_cast<unsigned>(site.kind)) + "." + std::to_string(site.location);
    const bool has_turns = site.turns != 0 || !site.changing.empty();
    if (site.place != 0 || has_turns) text += "." + std::to_string(site.place);
    if (has_turns) text += "." + std::to_string(site.turns);
    for (const std::uint32_t name : site.changing) text += "." + std::to_string(name);
  }
  return text;
}

namespace {

/// Numbers of one site.
std::vector<std::uint64_t> numbers_of(std::string_view site, std::string_view whole) {
  std::vector<std::uint64_t> numbers;
  for (bool is_more = true; is_more;) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(site.data(), site.data() + site.size(), number);
    site.remove_prefix(static_cast<std::size_t>(end - site.data()));
    is_more = site.starts_with('.');
    if (error != std::errc() || (!is_more && !site.empty())) {
      numbers.clear();
      break;
    }
    numbers.push_back(number);
    if (is_more) site.remove_prefix(1);
  }
  if (numbers.size() < 3)
    throw UsageError("schedule: '" + std::string(whole) +
                     "' is no list of await sites; expected "
                     "actor.kind.location.place.turns.names;...");
  return numbers;
}

}  // namespace

AwaitSites parse_await_sites(std::string_view text) {
  AwaitSites sites;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t end = rest.find(';');
    const std::vector<std::uint64_t> numbers = numbers_of(rest.substr(0, end), text);
    AwaitSite site;
    site.actor = {static_cast<std::int32_t>(numbers[0])};
    site.kind = static_cast<OperationKind>(numbers[1]);
    site.location = numbers[2];
    if (numbers.size() > 3) site.place = static_cast<std::uint32_t>(numbers[3]);
    if (numbers.size() > 4) site.turns = static_cast<std::int32_t>(numbers[4]);
    for (std::size_t i = 5; i < numbers.size(); ++i)
      site.changing.push_back(static_cast<std::uint32_t>(numbers[i]));
    std::sort(site.changing.begin(), site.changing.end());
    add_await_site(sites, site);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  return sites;
}

}  // namespace rcuscope
