"""What a web worker of the server loads. Nobody else should: it sets the process up."""

from __future__ import annotations

from hongyan.site.requests import Entrance
from hongyan.site.server import end_with_main_process
from hongyan.site.wsgi import application

end_with_main_process()
entrance = Entrance(application)
