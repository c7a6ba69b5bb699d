"""Words that give every sound of a pack a name of its own: short, neutral, lower-case English.

The order is part of what a seed means: add words at the end of a release, never within one.
"""

from typing import Final

WORDS: Final[tuple[str, ...]] = tuple(
    """
    acorn adobe agate alder almond alpine amber anchor anvil apex apple apron arbor arcade arch arctic arrow ash
    aspen atlas atom attic aurora autumn axle azure badger bamboo banjo barley basalt basil basin bayou beacon beech
    bellow birch bison blade blaze bloom bluff bobbin bolt bonfire border boulder bramble brass breaker breeze briar
    brick bridge brine bronze brook bubble buckle bugle cabin cable cactus camber candle canvas canyon carbon cargo
    cavern cedar cellar cement chalk chamber charcoal chime chisel cinder circuit citrus clay cliff clover cobalt
    cobble comet compass concrete copper coral cork cosmos cotton cove crane crater creek crest cricket crimson
    crystal current cypress dagger dahlia dapple dawn delta denim desert dew dial diesel dome dragon drift dune dusk
    dust eagle earth echo eclipse elder elm ember emerald engine equinox ether fable falcon fathom feather fennel
    fern ferry fiber fig filament flame flannel flare flask flint flood flora flute foam forest forge fossil
    fountain foxglove frost furnace galaxy gale garnet gear geyser ginger girder glacier glade glass gleam glider
    glint glow gorge granite gravel grove gull gust halo hammer harbor harvest haven hawk hazel heath helium helix
    heron hickory hinge hollow honey horizon hornet hull humus husk icicle igloo indigo inlet iris iron island ivory
    ivy jade jasmine jasper jetty jigsaw jungle juniper kayak keel kelp kernel kettle kiln kindle kite lagoon
    lantern larch lark latch lava lavender ledge lemon lever lichen lilac lime linen lumen lunar lynx magma magnet
    mallet mango mantle maple marble marsh mason mast meadow mercury mesa meteor mica midnight mill mineral mint
    mirage mirror mist monsoon moon moraine mortar mosaic moss moth muslin myrtle nebula needle neon nettle nickel
    nimbus north nova nutmeg oak oasis obsidian ocean ochre olive onyx opal orbit orchard orchid osprey otter oxide
    oyster paddle palm paper parade parsley pearl pebble pelican pepper petal pewter phantom pier pigment pillar
    pine piston pivot pixel plank plasma plaza plum polar pollen pond poplar poppy porcelain portal prairie prism
    pulley pulsar pulse pumice quarry quartz quill quiver radar rafter rain raven ravine reactor reed reef resin
    ridge ripple river rivet robin rocket rope rosin rotor rowan ruby rudder rust saddle saffron sage sail salt sand
    sapphire satin savanna scarlet scatter season sequoia shadow shale shard shell shingle shore shutter sierra
    signal silk silver siphon slate sleet sluice smelter smoke snow solar solstice spark sparrow sphere spindle
    spiral spire sponge spring spruce spur squall starling static steel stem stone storm strait stratus stream
    summit sundial sunset surf swallow swan sycamore tallow talon tangle teak tempest temple terrace thicket thistle
    thorn thunder tide tiger timber tin tinder torch tower trellis trench tulip tundra tunnel turbine turret twig
    twilight umber valley valve vapor vault velvet vertex vine violet vortex voyage walnut warden water wave wharf
    wheat whisper willow window winter wisp wolf wool wren yarrow zenith zephyr zinc zinnia
    """.split()
)
