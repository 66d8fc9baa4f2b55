// The worker's view of network interfaces: there are none.
//
// usrsctp asks the C library for names and addresses of interfaces, over sockets that it opens for that, even
// when it is used without any network (AF_CONN) as here. These two take the place of the C library's in this
// program, so that a worker which opens a socket is certainly no longer ours (system_calls.cpp).
#include <cerrno>
#include <ifaddrs.h>
#include <net/if.h>

extern "C" {

int getifaddrs(ifaddrs** list) noexcept {
  *list = nullptr;
  errno = ENOSYS;
  return -1;
}

char* if_indextoname(unsigned, char*) noexcept {
  errno = ENXIO;
  return nullptr;
}

} // extern "C"
