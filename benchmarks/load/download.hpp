// SPDX-License-Identifier: MIT
#pragma once

// Files: each connection receives one from the server, compares it, sees the end, and is followed by the next one.

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <vector>

#include "descriptor.hpp"
#include "events.hpp"
#include "window.hpp"

namespace load {

/// The bytes of a file.
class mapped_file {
  public:
    explicit mapped_file(const std::string& path) {
        const descriptor file(checked(::open(path.c_str(), O_RDONLY | O_CLOEXEC), "open the file"));
        struct stat about{};
        checked(::fstat(file.number(), &about), "fstat");
        size_ = static_cast<std::size_t>(about.st_size);
        void* const mapped = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file.number(), 0);
        if (mapped == MAP_FAILED) throw_system_error("mmap");
        bytes_ = static_cast<const std::byte*>(mapped);
    }
    ~mapped_file() { ::munmap(const_cast<std::byte*>(bytes_), size_); }
    mapped_file(const mapped_file&) = delete;
    mapped_file& operator=(const mapped_file&) = delete;

    [[nodiscard]] const std::byte* bytes() const noexcept { return bytes_; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

  private:
    const std::byte* bytes_ = nullptr;
    std::size_t size_ = 0;
};

inline report run_download(const options& wanted) {
    struct transfer {
        descriptor socket;
        std::size_t received;
        nanoseconds begun;
    };
    const sockaddr_in server = address_of(wanted);
    const mapped_file file(wanted.file);
    events ready;
    window measured(wanted);
    std::vector<transfer> all;
    std::vector<std::byte> buffer(256UL * 1024);
    std::uint64_t files = 0;
    for (std::size_t index = 0; index < wanted.connections; ++index)
        ready.add(all.emplace_back(connect_to(server), 0, now()).socket, index, EPOLLIN);
    bool goes_on = true;  // then those that are under way come to their end
    std::size_t left = all.size();
    while ((goes_on = measured.goes_on()) || left != 0)
        for (const epoll_event& event : ready.wait(second / 100)) {
            const auto index = static_cast<std::size_t>(event.data.u64);
            transfer& each = all[index];
            const ssize_t count = ::recv(each.socket.number(), buffer.data(), buffer.size(), 0);
            if (count < 0 && errno == EAGAIN) continue;
            const auto got = static_cast<std::size_t>(checked(count, "recv"));
            if (got > file.size() - each.received || std::memcmp(file.bytes() + each.received, buffer.data(), got) != 0)
                throw wrong_answer("these are not the bytes of the file");
            each.received += got;
            if (got != 0) continue;
            if (each.received != file.size()) throw wrong_answer("a file ended early");
            ++files;
            measured.count(now() - each.begun);
            if (!goes_on) {
                each.socket.close();
                --left;
                continue;
            }
            each = {connect_to(server), 0, now()};
            ready.add(each.socket, index, EPOLLIN);
        }

    report told;
    measured.tell(told);
    told.add("answered", files);
    told.add("file_bytes", static_cast<std::uint64_t>(file.size()));
    return told;
}

}  // namespace load
