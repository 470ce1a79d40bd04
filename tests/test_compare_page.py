"""The page of `accelir compare` in a real browser, from file:// and without a network."""

import os
import shutil

import pytest
from click.testing import CliRunner
from helpers import photo
from PIL import Image

from accelir.cli import main

webdriver = pytest.importorskip("selenium.webdriver", reason="the page is tested with selenium")
from selenium.webdriver import ActionChains, Keys  # noqa: E402
from selenium.webdriver.common.by import By  # noqa: E402

# Selenium's own warnings are none of ours.
pytestmark = pytest.mark.filterwarnings("default::ResourceWarning", "default::DeprecationWarning")
IN_CI = os.environ.get("CI") == "true"


@pytest.fixture(scope="module")
def browser():
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    driver = shutil.which("chromedriver")
    if not (chromium and driver):
        assert not IN_CI, "chromium and chromedriver are not installed"
        pytest.skip("chromium and chromedriver are not installed")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    with webdriver.Chrome(options, webdriver.ChromeService(driver)) as browser:
        yield browser


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    Image.fromarray(photo()[:384, 20:596]).save(folder / "photo.png")
    result = CliRunner().invoke(main, ["compare", str(folder / "photo.png"), "--bpp", "1.2"])
    assert result.exit_code == 0, result.output
    return (folder / "photo.compare.html").as_uri()


@pytest.fixture
def page(browser, address):
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    browser.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": False})
    browser.set_window_size(1000, 900)
    browser.get(address)
    browser.execute_script("at('stage').scrollIntoView({block: 'center'})")
    yield browser
    assert browser.get_log("browser") == []


def run(page, script):
    return page.execute_script(f"return {script}")


def phone(page, width, height=740):
    metrics = {"width": width, "height": height, "deviceScaleFactor": 2, "mobile": True}
    page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    page.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": True})


def scene(page):
    """What the stage looks like."""
    return page.find_element(By.ID, "stage").screenshot_as_png


def choose(page, select, index):
    page.execute_script(f"at({select!r}).selectedIndex = {index}; at({select!r}).dispatchEvent(new Event('change'))")
    page.execute_async_script(
        "Promise.all([...document.querySelectorAll('.world img')].map((i) => i.decode())).then(arguments[0])"
    )


def touch(page, kind, *points):
    points = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(points)]
    page.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def middle(page):
    return run(
        page, "(({left, top, width, height}) => [left + width / 2, top + height / 2])(stage.getBoundingClientRect())"
    )


def test_every_picture_decodes(page):
    found = page.execute_async_script("""
        const done = arguments[0];
        Promise.all(data.pictures.map(async ({name, source}) => {
          const image = new Image();
          image.src = source;
          await image.decode();
          return [name, source.slice(5, 15), image.naturalWidth, image.naturalHeight];
        })).then(done, (error) => done(String(error)));
    """)
    sizes = {name: (width, height) for name, _, width, height in found}
    assert sizes["original"] == sizes["Pillow WebP, restored"] == (576, 384)
    assert sizes["encoded picture"] == sizes["Pillow WebP"] == sizes["accelir JPEG"] == (144, 96)
    assert {kind for _, kind, _, _ in found} == {"image/jpeg", "image/webp"}


def test_nothing_is_loaded_from_anywhere(page):
    assert run(page, "performance.getEntriesByType('resource').filter((e) => !e.name.startsWith('data:')).length") == 0


def test_both_sides_show_what_is_chosen(page):
    names = run(page, "data.pictures.map((p) => p.name)")
    assert run(page, "[at('left-picture').alt, at('right-picture').alt]") == [
        "Pillow JPEG, restored",
        "accelir JPEG, restored",
    ]
    choose(page, "left", names.index("original"))
    choose(page, "right", names.index("Pillow WebP"))
    assert run(page, "[at('left-picture').alt, at('right-picture').alt]") == ["original", "Pillow WebP"]
    assert run(page, "at('right-picture').naturalWidth") == 144


def test_the_slider_moves_by_keyboard(page):
    slider = page.find_element(By.ID, "split")
    before = scene(page)
    slider.send_keys(Keys.HOME)
    right = scene(page)
    slider.send_keys(Keys.END)
    left = scene(page)
    assert len({before, left, right}) == 3
    slider.send_keys(Keys.ARROW_LEFT, Keys.ARROW_LEFT)
    assert run(page, "at('divider').style.left") == "99%"
    assert "99%" in run(page, "at('upper').style.clipPath")


def test_arrows_on_the_pictures_move_the_slider_or_them(page):
    stage = page.find_element(By.ID, "stage")
    stage.send_keys(Keys.ARROW_RIGHT)
    assert run(page, "at('split').value") == "52"
    stage.send_keys("+", "+")
    before = run(page, "[view.x, view.y]")
    stage.send_keys(Keys.ARROW_RIGHT, Keys.ARROW_DOWN)
    assert run(page, "[view.x, view.y]") == [before[0] - 48, before[1] - 48]
    stage.send_keys("0")
    assert run(page, "view.fitted") is True


def test_the_slider_follows_the_mouse(page):
    stage = page.find_element(By.ID, "stage")
    width = stage.size["width"]
    ActionChains(page).move_to_element(stage).click_and_hold().move_by_offset(width // 4, 0).release().perform()
    assert float(run(page, "at('split').value")) == pytest.approx(75, abs=1)
    divider = run(page, "at('divider').getBoundingClientRect().left + at('divider').offsetWidth / 2")
    assert divider == pytest.approx(run(page, "stage.getBoundingClientRect().left") + 0.75 * width, abs=5)
    ActionChains(page).move_to_element(stage).perform()  # without a button it stays
    assert float(run(page, "at('split').value")) == pytest.approx(75, abs=1)


def test_pixels_are_shown_as_they_are_when_zoomed_in(page):
    page.find_element(By.CSS_SELECTOR, "[data-zoom='8']").click()
    assert run(page, "getComputedStyle(at('left-picture')).imageRendering") == "pixelated"
    assert run(page, "at('left-picture').getBoundingClientRect().width") == pytest.approx(8 * 576)
    assert run(page, "document.querySelector('[aria-pressed=true]').textContent") == "8×"
    before = run(page, "[view.x, view.y]")
    stage = page.find_element(By.ID, "stage")
    start = ActionChains(page).move_to_element_with_offset(stage, -200, 100)
    start.click_and_hold().move_by_offset(60, -30).release().perform()
    assert run(page, "[view.x, view.y]") == pytest.approx([before[0] + 60, before[1] - 30], abs=1)
    assert run(page, "at('split').value") == "50"
    page.find_element(By.CSS_SELECTOR, "[data-zoom='fit']").click()
    assert run(page, "at('left-picture').getBoundingClientRect().width <= stage.clientWidth + 0.01")


def test_both_pictures_stay_over_each_other(page):
    for script in ("zoomTo(5, 100, 80)", "pan(-70, 30)", "zoomTo(2)", "zoomTo(0)"):
        run(page, script)
        boxes = run(
            page, "['left', 'right'].map((s) => Object.values(at(`${s}-picture`).getBoundingClientRect().toJSON()))"
        )
        assert boxes[0] == boxes[1]


def test_two_fingers_zoom_and_one_moves(page):
    phone(page, 400)
    page.execute_script("stage.scrollIntoView({block: 'center'})")
    x, y = middle(page)
    touch(page, "touchStart", (x - 40, y), (x + 40, y))
    for gap in (50, 70, 100, 120):
        touch(page, "touchMove", (x - gap, y), (x + gap, y))
    touch(page, "touchEnd")
    zoom = run(page, "view.zoom / fitZoom()")
    assert zoom == pytest.approx(3, rel=0.2)
    before = run(page, "view.x")
    touch(page, "touchStart", (x + 60, y))
    for step in (10, 20, 30):
        touch(page, "touchMove", (x + 60 - step, y))
    touch(page, "touchEnd")
    assert run(page, "view.x") == pytest.approx(before - 30, abs=12)


def test_the_divider_follows_a_finger(page):
    phone(page, 400)
    page.execute_script("stage.scrollIntoView({block: 'center'})")
    x, y = middle(page)
    touch(page, "touchStart", (x, y))
    for step in (20, 50, 90):
        touch(page, "touchMove", (x - step, y))
    touch(page, "touchEnd")
    width = run(page, "stage.clientWidth")
    assert float(run(page, "at('split').value")) == pytest.approx(50 - 100 * 90 / width, abs=3)


def test_maps_lie_over_both_pictures(page):
    names = run(page, "data.maps.map((m) => m.name)")
    encoders = ("Pillow JPEG", "Pillow WebP", "accelir JPEG", "accelir WebP")
    ours = {f"{what}, accelir {format}" for what in ("QP", "utility group") for format in ("JPEG", "WebP")}
    assert set(names) == {f"bits per cell, {name}" for name in encoders} | ours
    assert run(page, "[at('legend').hidden, document.querySelector('canvas').hidden]") == [True, True]
    before = scene(page)
    choose(page, "overlay", 1 + names.index("bits per cell, accelir JPEG"))
    assert run(page, "[at('legend').hidden, document.querySelector('canvas').hidden]") == [False, False]
    assert scene(page) != before
    values = run(page, f"data.maps[{names.index('bits per cell, accelir JPEG')}].rows")
    assert (len(values), len(values[0])) == (3, 5)
    text = page.find_element(By.ID, "legend").text.split()
    assert text == [str(min(map(min, values))), str(max(map(max, values)))]
    cell = run(page, "document.querySelector('canvas').getBoundingClientRect().width / 5 / view.zoom")
    assert cell == pytest.approx(128)
    choose(page, "overlay", 0)
    assert run(page, "at('legend').hidden") is True
    assert scene(page) == before


@pytest.mark.parametrize("width", [320, 360, 414, 768])
def test_a_phone_needs_no_sideways_scrolling(page, width):
    phone(page, width)
    assert run(page, "innerWidth") == width
    assert run(page, "document.documentElement.scrollWidth") <= width
    for id in ("left", "right", "split", "zoom", "overlay"):
        box = run(page, f"at({id!r}).getBoundingClientRect().toJSON()")
        assert box["left"] >= 0
        assert box["right"] <= width
    stage = run(page, "stage.getBoundingClientRect().toJSON()")
    assert stage["width"] > 0.85 * width
    assert stage["height"] > 100


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_dark_and_light_are_followed(page, scheme):
    page.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    )
    shades = run(page, "['backgroundColor', 'color'].map((k) => getComputedStyle(document.body)[k].match(/\\d+/g)[0])")
    paper, ink = map(int, shades)
    assert (paper > 200 and ink < 60) if scheme == "light" else (paper < 60 and ink > 200)


def test_controls_have_names(page):
    for element in page.find_elements(By.CSS_SELECTOR, "select, input, button"):
        assert element.accessible_name
    assert page.find_element(By.ID, "split").aria_role == "slider"
