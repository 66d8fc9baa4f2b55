// Names of people, as they are drawn: any bytes become one bounded line and a picture no wider than asked
// for.
#include "video/text.hpp"
#include "fuzz/input.hpp"

using namespace plenum;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input in(data, size);
  static video::TextPainter painter; // loads fonts
  video::LabelStyle style;
  style.font_px = 6 + in.u8() % 40;
  style.max_width = 8 + in.u8() * 2;
  const auto text = in.rest_text();
  const auto line = video::printable(text);
  CHECK(line.find('\n') == std::string::npos && line.find('\0') == std::string::npos);
  CHECK(line.size() <= 4 * video::kMaxNameCharacters + 8);
  CHECK(video::printable(line) == line);
  const auto image = painter.label(text, style);
  // A box narrower than its own edges is one pixel of text wide.
  CHECK(image.width() <= std::max(style.max_width, style.font_px + 9) + 2 &&
        image.height() <= 6 * style.font_px + 16);
  return 0;
}
