// SPDX-License-Identifier: MIT
#include "support/scripted_names.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <mutex>
#include <utility>

namespace support {

struct scripted_name::script {
    std::string name;
    std::vector<std::string> addresses;
    int failure, error_number;
    std::atomic<bool> held{false};
    std::atomic<int> begun{0}, ended{0};
};

namespace {

std::mutex scripts_mutex;
std::vector<std::shared_ptr<scripted_name::script>> scripts;

}  // namespace

scripted_name::scripted_name(std::string name, std::vector<std::string> addresses, int failure, int error_number)
    : script_(std::make_shared<script>()) {
    script_->name = std::move(name);
    script_->addresses = std::move(addresses);
    script_->failure = failure;
    script_->error_number = error_number;
    const std::lock_guard lock(scripts_mutex);
    scripts.push_back(script_);
}

scripted_name::~scripted_name() {
    release();
    const std::lock_guard lock(scripts_mutex);
    scripts.erase(std::find(scripts.begin(), scripts.end(), script_));
}

void scripted_name::hold() { script_->held = true; }
void scripted_name::release() {
    script_->held = false;
    script_->held.notify_all();
}
int scripted_name::begun() const { return script_->begun; }
int scripted_name::ended() const { return script_->ended; }

}  // namespace support

#if defined(__linux__)

#include <netdb.h>

// The linker puts ours in front of the C library's, also in a program that is linked statically: `--wrap` in CMakeLists.txt.
extern "C" int __real_getaddrinfo(const char* host, const char* service, const addrinfo* hints, addrinfo** found);
extern "C" int __wrap_getaddrinfo(const char* host, const char* service, const addrinfo* hints, addrinfo** found);

namespace {

/// The answers to several questions as one.
int chain(const std::vector<std::string>& addresses, const char* service, const addrinfo* hints, addrinfo** found) {
    addrinfo** end = found;
    *end = nullptr;
    for (const std::string& each : addresses) {
        if (const int failed = __real_getaddrinfo(each.c_str(), service, hints, end)) return failed;
        while (*end != nullptr) end = &(*end)->ai_next;
    }
    return 0;
}

}  // namespace

extern "C" int __wrap_getaddrinfo(const char* host, const char* service, const addrinfo* hints, addrinfo** found) {
    std::shared_ptr<support::scripted_name::script> script;
    {
        const std::lock_guard lock(support::scripts_mutex);
        for (const auto& each : support::scripts)
            if (host != nullptr && each->name == host) script = each;
    }
    if (script == nullptr) return __real_getaddrinfo(host, service, hints, found);
    ++script->begun;
    script->held.wait(true);
    const int failed = script->failure != 0 ? script->failure : chain(script->addresses, service, hints, found);
    if (script->error_number != 0) errno = script->error_number;
    ++script->ended;
    return failed;
}

#endif
