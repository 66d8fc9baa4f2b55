// What the sanitizers may say about libraries that are not built with them.
// Fontconfig keeps one pattern (288 bytes, once per process) when a font map of our own is released; not ours
// to free.
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() {
  return "leak:libfontconfig\n";
}

// Pango loads the fonts on a thread of its own and hands them over by GLib's atomics, which TSan cannot see.
extern "C" const char* __tsan_default_suppressions();
extern "C" const char* __tsan_default_suppressions() {
  return "called_from_lib:libfontconfig.so.1\ncalled_from_lib:libglib-2.0.so.0\n"
         "called_from_lib:libpangoft2-1.0.so.0\n";
}
