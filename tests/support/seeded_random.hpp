// SPDX-License-Identifier: MIT
#pragma once

// Random numbers that can be replayed: the environment's RILL_TEST_SEED is the seed, else it is a new one each time.
// Print it with every failure: INFO(random.replay()).

#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>

namespace support {

class seeded_random {
  public:
    seeded_random() : seed_(chosen()), engine_(seed_) {}
    explicit seeded_random(std::uint64_t seed) : seed_(seed), engine_(seed) {}

    /// From 0 to `limit` - 1.
    [[nodiscard]] std::size_t below(std::size_t limit) { return static_cast<std::size_t>(engine_() % limit); }
    /// Once in `n` times.
    [[nodiscard]] bool one_in(std::size_t n) { return below(n) == 0; }
    [[nodiscard]] std::uint64_t next() { return engine_(); }
    [[nodiscard]] std::string replay() const { return "replay with RILL_TEST_SEED=" + std::to_string(seed_); }

  private:
    static std::uint64_t chosen() {
        if (const char* const given = std::getenv("RILL_TEST_SEED")) return std::strtoull(given, nullptr, 10);
        return std::random_device()();
    }

    std::uint64_t seed_;
    std::mt19937_64 engine_;
};

}  // namespace support
