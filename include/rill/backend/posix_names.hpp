// SPDX-License-Identifier: MIT
#pragma once

// What getaddrinfo(3) of POSIX answers. Included by name_lookup.hpp.

#include <errno.h>
#include <netdb.h>

#include "system_address.hpp"

namespace rill::backend::inline RILL_ABI {

/// With the errno of a call before which it was zero.
inline error meaning_of_lookup(int failed) noexcept {
    switch (failed) {
        case EAI_AGAIN:  // no name server has answered; later one may
            return {EAGAIN, error::domain::system};
        case EAI_MEMORY:
            return {ENOMEM, error::domain::system};
        case EAI_SYSTEM:
            return {errno, error::domain::system};
        case EAI_FAIL:  // a name server says that it can't tell
            return {EIO, error::domain::system};
        default:  // EAI_SERVICE, EAI_NONAME, and what only some systems have: there is such a name, but without an address
            break;
    }
    // A resolver that can't open its files, nor a socket, knows no name and no service at all; errno tells that apart.
    if (errno == EMFILE || errno == ENFILE) return {errno, error::domain::system};
    return failed == EAI_SERVICE ? no_such_service : no_such_host;
}

}  // namespace rill::backend::inline RILL_ABI
