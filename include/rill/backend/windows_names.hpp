// SPDX-License-Identifier: MIT
#pragma once

// What getaddrinfo of Windows answers: codes of the socket library. Included by name_lookup.hpp.

#include "system_address.hpp"

namespace rill::backend::inline RILL_ABI {

inline error meaning_of_lookup(int failed) noexcept {
    switch (failed) {
        case WSATYPE_NOT_FOUND:  // EAI_SERVICE
            return no_such_service;
        case WSAHOST_NOT_FOUND:  // EAI_NONAME
        case WSANO_DATA:         // there is such a name, but without an address
            return no_such_host;
        default:
            return {failed, error::domain::system};
    }
}

}  // namespace rill::backend::inline RILL_ABI
