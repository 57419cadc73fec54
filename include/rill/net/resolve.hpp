// SPDX-License-Identifier: MIT
#pragma once

// `resolve(host, service)`: the endpoints behind a name, by the system's resolver, on another thread.
//
// The system's call can't be interrupted, and may take half a minute where no name server answers. So it runs alone: a
// stop or a timeout lets go of it at once, and its late answer is dropped. A few run at a time in a process, and others
// wait in their order. To connect, see connect.hpp, which tries what is found in the right way.
//
//     const std::vector<rill::endpoint> found = co_await rill::timeout(5s, rill::resolve("example.org", "https"));

#include <string_view>

#include "../backend/name_lookup.hpp"
#include "../core/abandonable_call.hpp"
#include "endpoint_list.hpp"
#include "name_question.hpp"

namespace rill::inline RILL_ABI {

/// Waits for a lookup. Made by `resolve`.
template <class Endpoints>
class resolve_operation;

/// Looks up a host, which is a name or an address, and a service, which is a port or a name (`"https"`, `"443"`, 443).
/// Both are copied. An address with a port is its own answer, without a thread.
///
/// Result   an endpoint_list, which becomes a std::vector where one is wanted: at least one endpoint, in the order in which
///          the system would have them tried.
/// Stopped  at once.
/// Errors   errc::host_not_found     no such name, or one without an address
///          errc::service_not_found  no such service
///          invalid_argument         the name is empty, longer than 255 bytes, or has a zero in it; a port is not one
///          resource_unavailable_try_again, io_error  no name server has answered, or one could not
///          too_many_files_open      the resolver needs descriptors, too
/// Cost     two switches between threads, some memory; nothing of that for an address with a port.
/// Source   getaddrinfo(3); RFC 6724 for the order.
template <service_name Service>
[[nodiscard]] auto resolve(std::string_view host, const Service& service) {
    return resolve_operation<endpoint_list>(name_question(host, service));
}

// ---- mechanism ----

static_assert(to_backend_error(errc::host_not_found) == backend::no_such_host);
static_assert(to_backend_error(errc::service_not_found) == backend::no_such_service);

/// The lookup itself, with all that it needs: it may go on when nobody waits any more.
template <class Endpoints>
class name_answering {
  public:
    explicit name_answering(const name_question& what) noexcept : what_(what) {}

    Endpoints operator()() const {
        Endpoints found;
        backend::name_lookup lookup;
        backend::error failed = lookup.find(what_.host(), what_.service());
        for (backend::socket_address each; !failed && lookup.next(each);) found.push_back(endpoint(each));
        if (!failed && found.empty()) failed = backend::no_such_host;
        if (failed) throw described_error(to_error_code(failed), what_.describe("resolve"));
        return found;
    }

  private:
    name_question what_;
};

template <class Endpoints>
class [[nodiscard]] resolve_operation final {
  public:
    explicit resolve_operation(const name_question& what) noexcept
        : what_(what), call_(name_answering<Endpoints>(what)) {}
    resolve_operation(resolve_operation&&) noexcept = default;

    bool start(branch& on) noexcept {
        if (!on.open()) return on.refuse();
        if (what_.refused() || what_.own_answer()) return true;
        asked_ = true;
        return call_.start(on);
    }
    [[nodiscard]] bool failed() const noexcept { return asked_ ? call_.failed() : static_cast<bool>(what_.refused()); }
    Endpoints result() {
        if (asked_) return call_.result();
        if (what_.refused()) throw described_error(to_error_code(what_.refused()), what_.describe("resolve"));
        Endpoints one;
        one.push_back(*what_.own_answer());
        return one;
    }

  private:
    name_question what_;
    abandonable_call<name_answering<Endpoints>> call_;
    bool asked_ = false;
};

}  // namespace rill::inline RILL_ABI
