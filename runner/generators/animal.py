"""Animals and plants."""

from __future__ import annotations

from runner.generators.picks import listed
from runner.generators.registry import Made, Make, generator
from runner.ops import Values
from runner.types import STRING

listed("animal.animal", "A mammal", "wildlife", "zoo", pool="nature/mammal", aliases=("mammal",))
listed("animal.bird", "A bird", "wildlife", pool="nature/bird")
listed("animal.fish", "A fish of seas, rivers or aquariums", "wildlife", pool="nature/fish")
listed("animal.insect", "An insect", "bug", pool="nature/insect")
listed("animal.reptile", "A reptile", "snake", "lizard", pool="nature/reptile")
listed("animal.dinosaur", "A dinosaur", "fossil", pool="nature/dinosaur")
listed("animal.dog", "A breed of dogs", "pet", pool="nature/dog", aliases=("dog_breed",))
listed("animal.cat", "A breed of cats", "pet", pool="nature/cat", aliases=("cat_breed",))
listed("animal.horse", "A breed of horses", "pony", pool="nature/horse", aliases=("horse_breed",))
listed("animal.cow", "A breed of cattle", "livestock", pool="nature/cow", aliases=("cow_breed", "cattle"))
listed("animal.rabbit", "A breed of rabbits", "pet", pool="nature/rabbit", aliases=("rabbit_breed",))
listed("animal.rodent", "A rodent", "mouse", "rat", pool="nature/rodent")
listed("animal.snake", "A snake", "reptile", pool="nature/snake")
listed("animal.cetacean", "A whale or dolphin", "sea mammal", pool="nature/cetacean", aliases=("whale",))
listed("animal.farm_animal", "An animal of a farm", "livestock", pool="nature/farm_animal", aliases=("livestock",))
listed("animal.pet_name", "A name for a pet", "dog", "cat", pool="nature/pet_name")
listed("plant.tree", "A tree", "forest", "wood", pool="nature/tree")
listed("plant.shrub", "A shrub", "bush", "garden", pool="nature/shrub")
listed("plant.flower", "A flower", "garden", "blossom", pool="nature/flower")


@generator("animal.animal_type", "A class of animals", keywords=("taxonomy", "class"))
def animal_type(make: Make) -> Made:
    """The classes that everybody knows."""
    kinds = ("amphibians", "birds", "fish", "invertebrates", "mammals", "reptiles")
    return Made(Values(kinds, make.index(len(kinds))), STRING, len(kinds), unique=make.unique)
