// SPDX-License-Identifier: MIT
#pragma once

// Names of hosts and services as `resolve` needs them, by getaddrinfo(3), which POSIX and Windows spell alike but for what
// its answers mean. A lookup may take long, or hang: it is for threads that may. It is the machine's, so it is no part of
// `system`. Included only by who uses it.
//
// It is asked for the sockets of streams first, so that each address comes once; only a service that streams do not know
// is asked for again without that, as there are a few that have datagrams only. macOS says alike of a host and of a service
// that it does not know them: then it is asked for the service alone.

#include <errno.h>

#include <cstring>

#ifdef _WIN32
#include "windows_names.hpp"
#else
#include "posix_names.hpp"
#endif

namespace rill::backend::inline RILL_ABI {

/// The addresses of a host, each with the port of a service.
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
        return failed == 0 ? error() : meaning_of_lookup(failed);
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
        errno = 0;
        const int failed = ::getaddrinfo(host, service, &hints, &all_);
        const bool is_service = failed != EAI_NONAME || errno == EMFILE || errno == ENFILE || knows(service, hints);
        return is_service ? failed : EAI_SERVICE;
    }
    /// False: errno may say why.
    static bool knows(const char* service, const addrinfo& hints) noexcept {
        const int before = errno;
        addrinfo* found = nullptr;
        if (::getaddrinfo(nullptr, service, &hints, &found) != 0) return false;
        ::freeaddrinfo(found);
        errno = before;
        return true;
    }

    addrinfo* all_ = nullptr;         // owned
    const addrinfo* next_ = nullptr;  // of `all_`, the one to give next
};

}  // namespace rill::backend::inline RILL_ABI
