// SPDX-License-Identifier: MIT
#pragma once

// The part of a run that is measured: after a warm-up, for so long; or from the first to the last of a number of echoes.

#include <algorithm>
#include <cstdint>
#include <limits>

#include "clock.hpp"
#include "histogram.hpp"
#include "options.hpp"
#include "report.hpp"
#include "server_watch.hpp"

namespace load {

class window {
  public:
    explicit window(const options& wanted)
        : echoes_(wanted.echoes),
          begins_(now() + (echoes_ == 0 ? wanted.warm_up * 1'000'000 : 0)),
          duration_(wanted.milliseconds * 1'000'000),
          server_(wanted) {
        if (echoes_ != 0) begin();
    }

    /// Another exchange was made.
    void count(nanoseconds latency) {
        if (phase_ == measuring) latencies_.record(latency);
    }
    /// Whether there is more to do; to be asked between the events.
    bool goes_on() {
        const nanoseconds present = now();
        if (phase_ == warming_up && present >= begins_) begin();
        if (phase_ == measuring && (echoes_ == 0 ? present >= begun_ + duration_ : latencies_.count() >= echoes_))
            end();
        return phase_ != over;
    }
    /// How many may be asked for in all; without a limit, unless a number was given.
    [[nodiscard]] std::uint64_t limit() const noexcept {
        return echoes_ == 0 ? std::numeric_limits<std::uint64_t>::max() : echoes_;
    }
    /// When the measured part begins.
    [[nodiscard]] nanoseconds begins() const noexcept { return begins_; }
    [[nodiscard]] server_watch& server() noexcept { return server_; }

    void tell(report& to) const {
        const double seconds = static_cast<double>(took_) / static_cast<double>(second);
        to.add("exchanges", latencies_.count());
        to.add("per_second", static_cast<double>(latencies_.count()) / seconds);
        server_.tell(to, latencies_.count());
        to.add_latencies(latencies_);
    }

  private:
    void begin() {
        phase_ = measuring;
        server_.begin();
        begun_ = now();
    }
    void end() {
        phase_ = over;
        took_ = std::max<nanoseconds>(now() - begun_, 1);
        server_.end();
    }

    enum { warming_up, measuring, over } phase_ = warming_up;
    std::uint64_t echoes_;
    nanoseconds begins_;
    nanoseconds duration_;
    nanoseconds begun_ = 0;
    nanoseconds took_ = 1;
    server_watch server_;
    histogram latencies_;
};

}  // namespace load
