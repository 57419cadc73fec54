// SPDX-License-Identifier: MIT
// A double of kqueue(2) on Linux, over epoll(7): as much of it as rill's kqueue backend uses, and behaving as on a BSD.
//
// As there: a registration is an edge of its own direction (EV_CLEAR), evaluated when it is made; changes are applied in
// the call that carries them, errors come as EV_ERROR where there is room for them and else as the call's; EV_EOF stands
// beside the bytes that are left; `data` counts what is there; closing a descriptor ends its registrations, also when a
// copy of it stays open (by `close`, that is: not by `dup2`); a trigger wakes from any thread and from a signal handler.
// Not as there: other filters, other flags than EV_ADD, EV_DELETE, EV_CLEAR and EV_RECEIPT, and filters without EV_CLEAR
// are ENOSYS, so that nobody relies on them unseen. The error in `fflags` is EIO, because Linux tells which it is only to
// who takes it; behind a mark of urgent data Linux does not count, so `data` says one byte more than what is before it.
//
// The descriptor of a queue is an epoll that holds three others: the readers', the writers' and an eventfd for triggers.
#include <sys/event.h>

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <climits>
#include <cstdint>
#include <cstdlib>
#include <new>

namespace {

int real_close(int descriptor) {
    using function = int(int);
    static function* const real = reinterpret_cast<function*>(::dlsym(RTLD_NEXT, "close"));  // or a sanitizer's
    return real(descriptor);
}

enum direction : unsigned { reading, writing, directions };

struct registration {
    bool made = false;
    void* udata = nullptr;
};

/// All that stands behind the descriptor of one queue. Allocated without `operator new`, whose calls tests count.
struct queue_state {
    int poll = -1;                       // what kqueue() gave out
    int of[directions] = {-1, -1};       // an epoll a direction, edge-triggered; both are in `poll`
    int trigger = -1;                    // an eventfd in `poll`
    std::atomic<bool> triggered{false};  // set in a signal handler, perhaps
    bool user = false;                   // EVFILT_USER is registered: ident 0 only
    void* user_udata = nullptr;
    registration* known[directions] = {nullptr, nullptr};  // by descriptor; guarded by `lock`
    int known_count = 0;
    bool writers_first = false;  // in the next batch, so that neither can fill them all for ever
};

constexpr int descriptors_max = 1 << 20;
std::atomic<queue_state*> queues[descriptors_max];  // by descriptor; read in signal handlers
std::atomic<int> highest_queue{-1};
pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;  // for registrations, and for the closing of descriptors

class locked {
  public:
    locked() { ::pthread_mutex_lock(&lock); }
    ~locked() { ::pthread_mutex_unlock(&lock); }
    locked(const locked&) = delete;
    locked& operator=(const locked&) = delete;
};

queue_state* find_queue(int descriptor) {
    if (descriptor < 0 || descriptor >= descriptors_max) return nullptr;
    return queues[descriptor].load(std::memory_order_acquire);
}

constexpr unsigned interest[directions] = {EPOLLIN | EPOLLRDHUP | EPOLLPRI, EPOLLOUT};

// ---- making and ending queues ----

void end_queue(queue_state* each) {
    for (const int part : {each->of[reading], each->of[writing], each->trigger})
        if (part >= 0) real_close(part);
    std::free(each->known[reading]);
    std::free(each->known[writing]);
    each->~queue_state();
    std::free(each);
}

bool put_into(int poll, int part, unsigned events) {
    epoll_event wanted{};
    wanted.events = events;
    wanted.data.fd = part;
    return part >= 0 && ::epoll_ctl(poll, EPOLL_CTL_ADD, part, &wanted) == 0;
}

bool make_parts(queue_state& each) {
    each.poll = ::epoll_create1(0);  // as kqueue(), not closed on exec
    if (each.poll < 0) return false;
    for (int& part : each.of) {
        part = ::epoll_create1(EPOLL_CLOEXEC);
        if (!put_into(each.poll, part, EPOLLIN)) return false;
    }
    each.trigger = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return put_into(each.poll, each.trigger, EPOLLIN | EPOLLET);
}

// ---- changes: zero, or an error ----

bool make_room(queue_state& queue, int descriptor) {
    if (descriptor < queue.known_count) return true;
    const int wanted = std::max(64, descriptor + descriptor / 2 + 1);
    for (registration*& table : queue.known) {
        auto* const grown =
            static_cast<registration*>(std::realloc(table, static_cast<std::size_t>(wanted) * sizeof(registration)));
        if (grown == nullptr) return false;
        table = grown;
        std::fill(table + queue.known_count, table + wanted, registration());
    }
    queue.known_count = wanted;
    return true;
}

int add(queue_state& queue, direction which, int descriptor, void* udata) {
    const locked here;
    if (!make_room(queue, descriptor)) return ENOMEM;
    registration& mine = queue.known[which][descriptor];
    epoll_event wanted{};
    wanted.events = interest[which] | EPOLLET;
    wanted.data.fd = descriptor;
    if (::epoll_ctl(queue.of[which], mine.made ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, descriptor, &wanted) < 0) return errno;
    mine = {true, udata};
    return 0;
}

int remove(queue_state& queue, direction which, int descriptor) {
    if (descriptor >= queue.known_count || !queue.known[which][descriptor].made)
        return ::fcntl(descriptor, F_GETFD) < 0 ? EBADF : ENOENT;
    epoll_event ignored{};
    ::epoll_ctl(queue.of[which], EPOLL_CTL_DEL, descriptor, &ignored);
    queue.known[which][descriptor] = {};
    return 0;
}

int change_user_event(queue_state& queue, const struct kevent& change) {
    if (change.ident != 0) return ENOSYS;
    if ((change.flags & EV_ADD) != 0) {
        queue.user = true;
        queue.user_udata = change.udata;
    } else if (!queue.user) {
        return ENOENT;
    }
    if ((change.fflags & NOTE_TRIGGER) != 0 && !queue.triggered.exchange(true)) {
        const std::uint64_t one = 1;
        if (::write(queue.trigger, &one, sizeof one) < 0) return errno;
    }
    return 0;
}

int change_socket(queue_state& queue, const struct kevent& change) {
    const direction which = change.filter == EVFILT_READ ? reading : writing;
    const int descriptor = change.ident < descriptors_max ? static_cast<int>(change.ident) : -1;
    if (descriptor < 0) return EBADF;
    if ((change.flags & EV_ADD) != 0)
        return (change.flags & EV_CLEAR) != 0 ? add(queue, which, descriptor, change.udata) : ENOSYS;
    if ((change.flags & EV_DELETE) == 0) return ENOSYS;
    const locked here;
    return remove(queue, which, descriptor);
}

int apply(queue_state& queue, const struct kevent& change) {
    if ((change.flags & ~(EV_ADD | EV_DELETE | EV_CLEAR | EV_RECEIPT)) != 0) return ENOSYS;
    switch (change.filter) {
        case EVFILT_READ:
        case EVFILT_WRITE:
            return change_socket(queue, change);
        case EVFILT_USER:
            return change_user_event(queue, change);
        default:
            return EINVAL;
    }
}

// ---- events ----

/// What the kernel says of a socket, in the words of kqueue. False: nothing that a BSD would tell.
bool translate(direction which, std::uint32_t told, struct kevent& to) {
    const bool never_connected = (told & EPOLLHUP) != 0 && (told & (EPOLLRDHUP | EPOLLERR)) == 0;
    const unsigned counts = which == reading ? EPOLLIN | EPOLLRDHUP | EPOLLPRI | EPOLLERR : EPOLLOUT | EPOLLERR;
    if (never_connected || (told & counts) == 0) return false;
    const int descriptor = static_cast<int>(to.ident);
    int bytes = 0;
    if (which == reading) {
        to.filter = EVFILT_READ;
        if (::ioctl(descriptor, SIOCINQ, &bytes) < 0) bytes = 1;  // a listener: somebody is there
        to.data = bytes + ((told & EPOLLPRI) != 0 ? 1 : 0);
    } else {
        int room = 0;
        socklen_t size = sizeof room;
        ::getsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &room, &size);
        if (::ioctl(descriptor, SIOCOUTQ, &bytes) < 0) bytes = 0;
        to.filter = EVFILT_WRITE;
        to.data = std::max(0, room - bytes);
    }
    to.flags = EV_CLEAR;
    const unsigned ends = which == reading ? EPOLLRDHUP | EPOLLHUP | EPOLLERR : EPOLLHUP | EPOLLERR;
    if ((told & ends) != 0) to.flags |= EV_EOF;
    if ((told & EPOLLERR) != 0) to.fflags = EIO;
    return true;
}

int take_direction(queue_state& queue, direction which, struct kevent* events, int room) {
    epoll_event told[256];
    const int count = room == 0 ? 0 : ::epoll_wait(queue.of[which], told, std::min(room, 256), 0);
    int taken = 0;
    const locked here;
    for (int index = 0; index < count; ++index) {
        const int descriptor = told[index].data.fd;
        if (descriptor >= queue.known_count || !queue.known[which][descriptor].made) continue;
        struct kevent event{};
        event.ident = static_cast<std::uintptr_t>(descriptor);
        event.udata = queue.known[which][descriptor].udata;
        if (translate(which, told[index].events, event)) events[taken++] = event;
    }
    return taken;
}

int take_events(queue_state& queue, struct kevent* events, int room) {
    int taken = 0;
    if (room != 0 && queue.triggered.exchange(false)) {
        events[taken] = {};
        events[taken].filter = EVFILT_USER;
        events[taken].flags = EV_CLEAR;
        events[taken++].udata = queue.user_udata;
    }
    queue.writers_first = !queue.writers_first;
    const direction first = queue.writers_first ? writing : reading;
    taken += take_direction(queue, first, events + taken, room - taken);
    return taken + take_direction(queue, first == reading ? writing : reading, events + taken, room - taken);
}

constexpr std::int64_t second = 1'000'000'000;

std::int64_t now_ns() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * second + now.tv_nsec;
}

/// Until something stirs, or the time is over. False: a signal came.
bool sleep_until(const queue_state& queue, std::int64_t end_ns) {
    epoll_event ignored[3];
    if (end_ns < 0) return ::epoll_wait(queue.poll, ignored, 3, -1) >= 0;
    const std::int64_t left = std::max<std::int64_t>(0, end_ns - now_ns());
    const timespec limit{left / second, left % second};
    const long answer = ::syscall(SYS_epoll_pwait2, queue.poll, ignored, 3, &limit, nullptr, 0);
    if (answer >= 0 || errno == EINTR) return answer >= 0;
    const std::int64_t milliseconds = left / 1'000'000 + (left % 1'000'000 != 0 ? 1 : 0);
    return ::epoll_wait(queue.poll, ignored, 3, static_cast<int>(std::min<std::int64_t>(INT_MAX, milliseconds))) >= 0;
}

int wait_for_events(queue_state& queue, struct kevent* events, int room, const timespec* limit) {
    const std::int64_t end_ns = limit == nullptr ? -1 : now_ns() + limit->tv_sec * second + limit->tv_nsec;
    for (;;) {
        if (const int taken = take_events(queue, events, room); taken != 0) return taken;
        if (end_ns >= 0 && now_ns() >= end_ns) return 0;
        if (!sleep_until(queue, end_ns)) return -1;
    }
}

}  // namespace

extern "C" int kqueue() {
    void* const memory = std::calloc(1, sizeof(queue_state));
    if (memory == nullptr) {
        errno = ENOMEM;
        return -1;
    }
    auto* const made = new (memory) queue_state;
    if (!make_parts(*made) || made->poll >= descriptors_max) {
        const int why = errno;
        if (made->poll >= 0) real_close(made->poll);
        end_queue(made);
        errno = why;
        return -1;
    }
    const locked here;
    if (made->poll > highest_queue) highest_queue = made->poll;
    queues[made->poll].store(made, std::memory_order_release);
    return made->poll;
}

extern "C" int kevent(int descriptor, const struct kevent* changes, int change_count, struct kevent* events,
                      int event_count, const timespec* limit) {
    queue_state* const queue = find_queue(descriptor);
    if (queue == nullptr) {
        errno = EBADF;
        return -1;
    }
    if (limit != nullptr && (limit->tv_sec < 0 || limit->tv_nsec < 0 || limit->tv_nsec >= second ||
                             limit->tv_sec > 100'000'000)) {  // as NetBSD and OpenBSD
        errno = EINVAL;
        return -1;
    }
    int told = 0;
    for (int index = 0; index < change_count; ++index) {
        const int why = apply(*queue, changes[index]);
        if (why == 0 && (changes[index].flags & EV_RECEIPT) == 0) continue;
        if (told == event_count) {
            if (why == 0) continue;
            errno = why;
            return -1;
        }
        events[told] = changes[index];
        events[told].flags = EV_ERROR;
        events[told++].data = why;
    }
    return told != 0 || event_count == 0 ? told : wait_for_events(*queue, events, event_count, limit);
}

/// Stands before the C library's: ends the registrations of a descriptor, or a queue.
extern "C" int close(int descriptor) {
    queue_state* ended = nullptr;
    if (descriptor >= 0 && descriptor < descriptors_max) {
        const locked here;
        ended = queues[descriptor].exchange(nullptr);
        for (int each = 0; each <= highest_queue; ++each) {
            queue_state* const queue = queues[each].load(std::memory_order_relaxed);
            if (queue == nullptr || descriptor >= queue->known_count) continue;
            for (const direction which : {reading, writing})
                if (queue->known[which][descriptor].made) remove(*queue, which, descriptor);
        }
    }
    const int answer = real_close(descriptor);
    if (ended != nullptr) end_queue(ended);
    return answer;
}
