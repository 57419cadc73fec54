// SPDX-License-Identifier: MIT
#pragma once

// The kernels of POSIX tell of readiness, and write nothing into an operation or a message later on. What an operation has
// room for is how its verb is done, where only the programs that use the verb compile it: see `prepare` in contract.hpp.

#include "../config.hpp"

namespace rill::backend::inline RILL_ABI {

struct operation;
enum class progress : bool;

/// How a verb is started, and tried again after an event.
struct verb_steps {
    progress (*start)(operation&) noexcept;
    bool (*attempt)(operation&) noexcept;
};

struct kernel_room {
    const verb_steps* steps;  // of a verb that was prepared; of others it is never read

    kernel_room() noexcept {}  // NOLINT(cppcoreguidelines-pro-type-member-init): see above
};
struct message_room {};

}  // namespace rill::backend::inline RILL_ABI
