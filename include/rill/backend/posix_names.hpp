// SPDX-License-Identifier: MIT
#pragma once

// Names by getaddrinfo(3). Included by name_calls.hpp.
//
// It is asked for the sockets of streams first, so that each address comes once; only a service that streams do not know
// is asked for again without that, as there are a few that have datagrams only.

#include <errno.h>
#include <netdb.h>

#include "name_calls.hpp"
#include "posix_address.hpp"

namespace rill::backend::inline RILL_ABI {

class name_lookup {
  public:
    name_lookup() noexcept = default;
    name_lookup(const name_lookup&) = delete;
    name_lookup& operator=(const name_lookup&) = delete;
    ~name_lookup() {
        if (all_ != nullptr) ::freeaddrinfo(all_);
    }

    /// Looks up, once; both end with a zero. Waits for as long as it takes.
    error find(const char* host, const char* service) noexcept {
        int failed = find_for(host, service, SOCK_STREAM);
        if (failed == EAI_SERVICE) failed = find_for(host, service, SOCK_DGRAM);
        next_ = all_;
        return failed == 0 ? error() : meaning_of(failed);
    }
    /// The next address, in the order in which the system would have them tried. False: there is none.
    bool next(socket_address& to) noexcept {
        for (; next_ != nullptr; next_ = next_->ai_next) {
            if (next_->ai_family != AF_INET && next_->ai_family != AF_INET6) continue;
            native_address found;
            std::memcpy(&found.storage, next_->ai_addr, next_->ai_addrlen);
            to = found.get();
            next_ = next_->ai_next;
            return true;
        }
        return false;
    }

  private:
    int find_for(const char* host, const char* service, int type) noexcept {
        addrinfo hints{};
        hints.ai_family = AF_UNSPEC;
        hints.ai_socktype = type;
        return ::getaddrinfo(host, service, &hints, &all_);
    }
    static error meaning_of(int failed) noexcept {
        switch (failed) {
            case EAI_SERVICE:
                return no_such_service;
            case EAI_AGAIN:  // no name server has answered; later one may
                return {EAGAIN, error::domain::system};
            case EAI_MEMORY:
                return {ENOMEM, error::domain::system};
            case EAI_SYSTEM:
                return {errno, error::domain::system};
            case EAI_FAIL:  // a name server says that it can't tell
                return {EIO, error::domain::system};
            default:  // EAI_NONAME, and what only some systems have: there is such a name, but without an address
                return no_such_host;
        }
    }

    addrinfo* all_ = nullptr;         // owned
    const addrinfo* next_ = nullptr;  // of `all_`, the one to give next
};

}  // namespace rill::backend::inline RILL_ABI
